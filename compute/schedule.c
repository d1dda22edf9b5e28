/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of the mean-reverting process (IR-SDE, Luo et al. 2023) and the samplers' time grids. */
#include "compute/schedule.h"

#include <math.h>

#include "compute/error.h"
#include "compute/tensor.h"

#define MAX_STEPS 100000 /* of training and of sampling */
#define N_TABLES  6

const MendScheduleParams mend_schedule_defaults = {
    MEND_THETA_COSINE, MEND_TABLES_SHIFTED, 100, 50, 0.005,
};

const char *const mend_theta_names[] = {"cosine", "linear", "constant", NULL};
const char *const mend_tables_names[] = {"shifted", "unshifted", NULL};
const char *const mend_grid_names[] = {
    "linspace", "leading", "trailing", "karras-n", "karras-t", "linear-lambda", NULL,
};

/* 1 - alpha_bar of the cosine schedule of Nichol and Dhariwal 2021, eq. 17, used as a rate. */
static double
theta_cosine(int i, int T)
{
    double n = T + 2;
    double start = cos(0.008 / 1.008 * G_PI / 2);
    double here = cos(((i + 1) / n + 0.008) / 1.008 * G_PI / 2);
    return 1 - (here * here) / (start * start);
}

static double
theta_linear(int i, int T)
{
    double n = T + 1;
    return 1000 / n * (1e-4 + (2e-2 - 1e-4) * i / T);
}

static double
theta_constant(int i, int T)
{
    (void)i, (void)T;
    return 1;
}

static double (*const thetas[])(int i, int T) = {
    [MEND_THETA_COSINE] = theta_cosine,
    [MEND_THETA_LINEAR] = theta_linear,
    [MEND_THETA_CONSTANT] = theta_constant,
};

static gboolean
check_params(const MendScheduleParams *p, GError **error)
{
    const char *wrong = NULL;
    if (p->T < 1 || p->T > MAX_STEPS)
        wrong = "the number of training steps must be 1 to 100000";
    else if (!(p->max_sigma > 0) || !isfinite(p->max_sigma))
        wrong = "max_sigma must be a number above 0";
    else if (!(p->eps > 0 && p->eps < 1))
        wrong = "eps must lie between 0 and 1";
    else if ((guint)p->theta >= G_N_ELEMENTS(thetas) || (guint)p->tables > MEND_TABLES_UNSHIFTED)
        wrong = "no such theta or kind of tables";
    if (wrong)
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                    "Noise schedule with T = %d, max_sigma = %g, eps = %g: %s.", p->T, p->max_sigma,
                    p->eps, wrong);
    return !wrong;
}

/* alpha, sigma and lambda follow from the integral of theta alone. */
static MendCoef
coef_from_integral(const MendSchedule *s, double t, double integral)
{
    double log_alpha = -integral * s->dt;
    double sigma = s->level * sqrt(-expm1(2 * log_alpha));
    return (MendCoef){t, exp(log_alpha), sigma, log_alpha - log(sigma)};
}

gboolean
mend_schedule_init(MendSchedule *s, const MendScheduleParams *params, GError **error)
{
    *s = (MendSchedule){0};
    if (!check_params(params, error))
        return FALSE;
    size_t n = (size_t)params->T + 1;
    double *block = mend_block_new(N_TABLES * n * sizeof(double), error);
    if (!block)
        return FALSE;
    s->T = params->T;
    s->level = params->max_sigma >= 1 ? params->max_sigma / 255 : params->max_sigma;
    s->theta = block;
    s->integral = block + n;
    s->alpha = block + 2 * n;
    s->sigma = block + 3 * n;
    s->g = block + 4 * n;
    s->lambda = block + 5 * n;

    double sum = 0;
    for (int i = 0; i <= s->T; i++) {
        s->theta[i] = thetas[params->theta](i, s->T);
        s->g[i] = s->level * sqrt(2 * s->theta[i]);
        if (i > 0 || params->tables == MEND_TABLES_UNSHIFTED)
            sum += s->theta[i];
        s->integral[i] = sum;
    }
    s->dt = -log(params->eps) / sum;
    for (int i = 0; i <= s->T; i++) {
        MendCoef coef = coef_from_integral(s, i, s->integral[i]);
        s->alpha[i] = coef.alpha;
        s->sigma[i] = coef.sigma;
        s->lambda[i] = coef.lambda;
    }
    return TRUE;
}

void
mend_schedule_clear(MendSchedule *s)
{
    mend_block_free(s->theta); /* the block of all tables */
    *s = (MendSchedule){0};
}

static double
interpolate(const double *table, double t)
{
    int low = (int)floor(t);
    double w = t - low;
    return w > 0 ? (1 - w) * table[low] + w * table[low + 1] : table[low];
}

MendCoef
mend_schedule_at(const MendSchedule *s, double t, MendCoefMode mode)
{
    t = CLAMP(t, 0, s->T);
    if (mode == MEND_COEF_EXACT)
        return coef_from_integral(s, t, interpolate(s->integral, t));
    MendCoef coef = {t, interpolate(s->alpha, t), interpolate(s->sigma, t),
                     interpolate(s->lambda, t)};
    if (isinf(coef.lambda) && t > 0) /* beside the infinite entry of shifted tables */
        coef.lambda = log(coef.alpha / coef.sigma);
    return coef;
}

/* Columns that rise with t, for looking a time up. */
typedef double (*Column)(const MendSchedule *s, int i);

static double
column_integral(const MendSchedule *s, int i)
{
    return s->integral[i];
}

static double
column_ratio(const MendSchedule *s, int i)
{
    return s->sigma[i] / s->alpha[i];
}

static double
column_minus_lambda(const MendSchedule *s, int i)
{
    return -s->lambda[i];
}

static double
find_time(const MendSchedule *s, Column column, double value)
{
    int low = 0, high = s->T;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (column(s, middle) >= value)
            high = middle;
        else
            low = middle;
    }
    double below = column(s, low), above = column(s, high);
    if (value >= above)
        return high;
    return value <= below ? low : low + (value - below) / (above - below);
}

/* Inverts ratio = sigma / alpha = level sqrt(1 / alpha^2 - 1), then alpha = exp(-integral dt). */
double
mend_schedule_time(const MendSchedule *s, double ratio)
{
    double noise = ratio / s->level;
    return find_time(s, column_integral, log1p(noise * noise) / 2 / s->dt);
}

typedef struct {
    const MendSchedule *s;
    const MendGridParams *p;
    MendCoefMode mode;
    int t_max; /* the last index whose lambda is at least lambda_min */
} Grid;

static double
grid_linspace(const Grid *grid, int k)
{
    return grid->t_max * (1 - (double)k / grid->p->n_steps);
}

static double
grid_leading(const Grid *grid, int k)
{
    int stride = grid->t_max / (grid->p->n_steps + 1);
    return (double)stride * (grid->p->n_steps - k) + grid->p->offset;
}

static double
grid_trailing(const Grid *grid, int k)
{
    return grid->t_max - k * ((double)grid->s->T / (grid->p->n_steps + 1));
}

/* rho-th powers evenly spaced (Karras et al. 2022, eq. 5). */
static double
karras(const Grid *grid, double from, double to, int k)
{
    double rho = grid->p->rho;
    double a = pow(from, 1 / rho), b = pow(to, 1 / rho);
    return pow(a + (double)k / grid->p->n_steps * (b - a), rho);
}

/* Shifted tables have no noise at t = 0, so no place on a logarithmic axis: such grids are laid to
 * t = 1 and their last time is then set to 0. */
static int
last_noisy_index(const Grid *grid)
{
    return grid->s->sigma[0] > 0 ? 0 : 1;
}

static double
grid_karras_n(const Grid *grid, int k)
{
    int end = last_noisy_index(grid);
    if (k == grid->p->n_steps)
        return 0;
    double ratio = karras(grid, column_ratio(grid->s, grid->s->T), column_ratio(grid->s, end), k);
    return grid->mode == MEND_COEF_EXACT ? mend_schedule_time(grid->s, ratio)
                                         : find_time(grid->s, column_ratio, ratio);
}

static double
grid_karras_t(const Grid *grid, int k)
{
    return karras(grid, grid->s->T, 1, k);
}

static double
grid_linear_lambda(const Grid *grid, int k)
{
    int end = last_noisy_index(grid);
    if (k == grid->p->n_steps)
        return 0;
    double first = MAX(grid->s->lambda[grid->s->T], grid->p->lambda_min);
    double lambda = first + (double)k / grid->p->n_steps * (grid->s->lambda[end] - first);
    return grid->mode == MEND_COEF_EXACT ? mend_schedule_time(grid->s, exp(-lambda))
                                         : find_time(grid->s, column_minus_lambda, -lambda);
}

static double (*const grids[])(const Grid *grid, int k) = {
    [MEND_GRID_LINSPACE] = grid_linspace, [MEND_GRID_LEADING] = grid_leading,
    [MEND_GRID_TRAILING] = grid_trailing, [MEND_GRID_KARRAS_N] = grid_karras_n,
    [MEND_GRID_KARRAS_T] = grid_karras_t, [MEND_GRID_LINEAR_LAMBDA] = grid_linear_lambda,
};

/* A trailing grid keeps the times above 0 only: fewer where lambda_min cuts its beginning off. As
 * published, rounding may leave one more, a hair above 0: with 30 steps on T = 100. */
static int
count_steps(const Grid *grid)
{
    if (grid->p->grid != MEND_GRID_TRAILING)
        return grid->p->n_steps;
    double stride = (double)grid->s->T / (grid->p->n_steps + 1);
    double slack = grid->mode == MEND_COEF_EXACT ? 1e-9 : 0;
    return (int)ceil(grid->t_max / stride - slack) - 1;
}

static gboolean
check_grid(const MendGridParams *p, GError **error)
{
    const char *wrong = NULL;
    if ((guint)p->grid >= G_N_ELEMENTS(grids))
        wrong = "there is no such grid";
    else if (p->n_steps < 1 || p->n_steps > MAX_STEPS)
        wrong = "the number of steps must be 1 to 100000";
    else if (!(p->rho > 0) || !isfinite(p->rho))
        wrong = "rho must be a number above 0";
    else if (isnan(p->lambda_min))
        wrong = "lambda_min is not a number";
    if (wrong)
        g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION, "Time grid with %d steps: %s.",
                    p->n_steps, wrong);
    return !wrong;
}

static int
find_t_max(const MendSchedule *s, double lambda_min)
{
    int t_max = s->T;
    while (t_max >= 0 && s->lambda[t_max] < lambda_min)
        t_max--;
    return t_max;
}

static gboolean
times_fall(const double *times, int n_steps, int T)
{
    for (int k = 1; k <= n_steps; k++)
        if (!(times[k] < times[k - 1]))
            return FALSE;
    return times[0] <= T && times[n_steps] >= 0;
}

double *
mend_schedule_grid(const MendSchedule *s, const MendGridParams *params, MendCoefMode mode,
                   int *n_steps, GError **error)
{
    if (!check_grid(params, error))
        return NULL;
    Grid grid = {s, params, mode, find_t_max(s, params->lambda_min)};
    int n = grid.t_max < 1 ? 0 : count_steps(&grid);
    double *times = g_new(double, MAX(n, 0) + 1);
    for (int k = 0; k <= n; k++) {
        double t = grids[params->grid](&grid, k);
        times[k] = fabs(t - round(t)) < 1e-9 ? round(t) : t;
    }
    if (n >= 1 && times_fall(times, n, s->T)) {
        *n_steps = n;
        return times;
    }
    g_free(times);
    g_set_error(error, MEND_ERROR, MEND_ERROR_OPTION,
                "The time grid %s cannot place %d steps on %d training steps with "
                "lambda_min = %g and offset = %d. Take fewer steps or another grid.",
                mend_grid_names[params->grid], params->n_steps, s->T, params->lambda_min,
                params->offset);
    return NULL;
}
