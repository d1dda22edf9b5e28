/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one error domain of compute. A message says what happened and what the user can do. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
    MEND_ERROR_FAILED,      /* anything else */
    MEND_ERROR_CANCELLED,   /* the caller's progress callback said stop */
    MEND_ERROR_MEMORY,      /* host or device memory is out: smaller tile, other device */
    MEND_ERROR_DEVICE,      /* device lost, missing or failing: the job goes on on the CPU */
    MEND_ERROR_WEIGHTS,     /* the model file is missing, damaged or does not fit its network */
    MEND_ERROR_SHAPE,       /* shapes do not fit; the message names the op and both shapes */
    MEND_ERROR_UNSUPPORTED, /* this device or build cannot do this */
    MEND_ERROR_OPTION,      /* a task, sampler, model or number that does not exist */
    MEND_ERROR_IMAGE,       /* a picture file cannot be read or written */
} MendError;

#define MEND_ERROR (mend_error_quark())
GQuark mend_error_quark(void);

/* TRUE where error is of this domain with this code. error may be NULL. */
gboolean mend_error_is(const GError *error, MendError code);

G_END_DECLS
