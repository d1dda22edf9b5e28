/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that `mend parity integrators` reads, one function each. */
#pragma once

#include "compute/parity/mixture.h"
#include "compute/parity/numbers.h"
#include "compute/parity/report.h"

G_BEGIN_DECLS

typedef struct {
    MendMixture plane, space; /* gmm2d, gmm16d */
} MendRecordedMixtures;

/* Compares all cases of a file. FALSE where the file itself is wrong. */
typedef gboolean (*MendRecordedFile)(MendReport *report, MendNumbers *numbers,
                                     const MendRecordedMixtures *mixtures, GError **error);

gboolean mend_recorded_mixtures(MendReport *report, MendNumbers *numbers,
                                const MendRecordedMixtures *mixtures, GError **error);
gboolean mend_recorded_edm(MendReport *report, MendNumbers *numbers,
                           const MendRecordedMixtures *mixtures, GError **error);
gboolean mend_recorded_dmcmc(MendReport *report, MendNumbers *numbers,
                             const MendRecordedMixtures *mixtures, GError **error);
gboolean mend_recorded_deis(MendReport *report, MendNumbers *numbers,
                            const MendRecordedMixtures *mixtures, GError **error);
gboolean mend_recorded_reverting(MendReport *report, MendNumbers *numbers,
                                 const MendRecordedMixtures *mixtures, GError **error);
gboolean mend_recorded_chain(MendReport *report, MendNumbers *numbers,
                             const MendRecordedMixtures *mixtures, GError **error);

G_END_DECLS
