/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The task table. */
#include "compute/i18n.h"
#include "compute/model.h"

const MendTask mend_tasks[] = {
    {"motion-blur", N_("Remove motion blur"), "deblur",
     N_("Sharpens a picture blurred by a moving camera or subject")},
    {"haze", N_("Remove haze"), "dehaze", N_("Clears fog, haze and smoke")},
    {"jpeg", N_("Remove JPEG artefacts"), "dejpeg",
     N_("Smooths the blocks and rings of strong JPEG compression")},
    {"low-light", N_("Brighten low light"), "brighten",
     N_("Brightens a picture taken in the dark, without its noise")},
    {"noise", N_("Remove noise"), "denoise", N_("Removes sensor noise and grain")},
    {"raindrop", N_("Remove raindrops"), "deraindrop",
     N_("Removes drops of water on the lens or the window")},
    {"rain", N_("Remove rain"), "derain", N_("Removes streaks of falling rain")},
    {"shadow", N_("Remove shadows"), "deshadow", N_("Lights up what lies in a cast shadow")},
    {"snow", N_("Remove snow"), "desnow", N_("Removes falling snow flakes")},
    {"inpainting", N_("Fill in a hole"), "inpaint",
     N_("Fills the selected part from what is around it")},
    {.id = NULL},
};

const MendTask *
mend_task_find(const char *id)
{
    for (const MendTask *task = mend_tasks; task->id; task++) {
        if (g_strcmp0(task->id, id) == 0)
            return task;
    }
    return NULL;
}
