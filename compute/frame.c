/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Networks with a schedule, seen in the common frame. */
#include "compute/frame.h"

#include "compute/samplers/state.h"

static gboolean
clean_of(gpointer data, const MendState *w, double sigma, MendState *clean, GError **error)
{
    MendScheduleFrame *f = data;
    double t = mend_schedule_time(f->s, sigma);
    MendCoef c = mend_schedule_at(f->s, t, MEND_COEF_EXACT);
    double rest = f->mu ? 1 - c.alpha : 0;
    MendTerm in[] = {{c.alpha, w}, {rest, f->mu}};
    mend_state_sum(&f->x, in, G_N_ELEMENTS(in));
    if (!f->net->predict(f->net->data, &f->x, t, clean, error))
        return FALSE;
    /* the level of the time that was asked for: it differs from sigma beyond the schedule's ends */
    double level = f->s->level, sine = c.sigma / level, square = c.alpha * c.alpha;
    MendTerm from_noise[] = {{1, w}, {-c.sigma / c.alpha, clean}};
    MendTerm from_velocity[] = {{square, w}, {f->mu ? 1 - square : 0, f->mu}, {-sine, clean}};
    if (f->net->prediction == MEND_PREDICT_NOISE)
        mend_state_sum(clean, from_noise, G_N_ELEMENTS(from_noise));
    else if (f->net->prediction == MEND_PREDICT_VELOCITY)
        mend_state_sum(clean, from_velocity, G_N_ELEMENTS(from_velocity));
    return TRUE;
}

gboolean
mend_schedule_frame_init(MendScheduleFrame *out, const MendSchedule *s, const MendDenoiser *net,
                         const MendState *mu, const MendState *like, GError **error)
{
    *out = (MendScheduleFrame){.s = s, .net = net, .mu = mu};
    int first = s->sigma[0] > 0 ? 0 : 1;
    out->frame = (MendFrame){clean_of, s->sigma[first] / s->alpha[first],
                             s->sigma[s->T] / s->alpha[s->T], out, NULL};
    return mend_state_init(&out->x, like, error);
}

void
mend_schedule_frame_clear(MendScheduleFrame *frame)
{
    mend_state_clear(&frame->x);
}
