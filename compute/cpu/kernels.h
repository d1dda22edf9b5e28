/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels of the CPU: one for each op, each computing a block of the result's pixels.
 *
 * Maps are [pixel][channel] (NHWC), pixels row by row. The kernel files are built once for each
 * instruction set with MEND_CPU_ISA set to its name; MEND_CPU(id) is a name of that build. */
#pragma once

#include "compute/graph.h"

G_BEGIN_DECLS

/* A node made ready: its arrays converted and packed. Constant while it runs. */
typedef struct {
    const MendNodeInfo *node;
    MendShape in[2]; /* of the sources */
    gboolean vector; /* mul: src[1] is one vector for all pixels */
    float *weight;   /* conv: see MendCpuKernels.panel; dwconv: [9][c]; gains, constant: [c] */
    float *bias;     /* conv: [o] rounded up to whole panels; dwconv: [c]; zeros where none */
} MendCpuOp;

typedef struct {
    size_t begin, end;   /* pixels of the result (mean: of the source) */
    float *dst;          /* at pixel begin; mean: sums of this block, [c] */
    const float *src[2]; /* read pixel by pixel: at pixel begin, else the whole map */
    float *work;         /* mend_cpu_work() floats of this thread, 64-byte aligned */
} MendCpuBlock;

typedef void (*MendCpuKernel)(const MendCpuOp *op, const MendCpuBlock *block);

enum {
    MEND_DCT_SIDE = 8,  /* of a block, compute/dct.h */
    MEND_DCT_WIDE = 64, /* blocks beside each other that are done at once */
};

typedef struct {
    const char *name;
    /* Dense kernels are packed [column / panel][k][panel], the last panel padded with zeros; k runs
     * over (ky, kx, input channel). 0: one panel of all columns. */
    int panel;
    MendCpuKernel run[MEND_N_OPS];
    /* The n blocks beside each other in these rows[MEND_DCT_SIDE][wide], one beginning in each
     * column: transformed, shrunk for this sigma, weighed. To desk[2 MEND_DCT_SIDE + 1][wide]: the
     * first MEND_DCT_SIDE rows are what they add to theirs, the last is the sum of their weights,
     * those between are scratch. desk is the caller's and may hold anything before. sigma > 0.
     * wide: a multiple of MEND_DCT_WIDE, and at least n rounded up to one more. */
    void (*dct)(const float *rows, size_t wide, size_t n, float sigma, float *desk);
} MendCpuKernels;

/* Whether a node reads src only at the pixel it computes; else it reads all of it. */
gboolean mend_cpu_reads_pixel(const MendNodeInfo *node, MendShape in, int src);
/* Floats of scratch that a block of n pixels needs. */
size_t mend_cpu_work(const MendNodeInfo *node, MendShape in, size_t n);

/* NULL-terminated, best first; the last one runs everywhere. */
extern const MendCpuKernels *const mend_cpu_isas[];
/* The best that this processor has. MEND_CPU names another one, for tests and measurements;
 * one that this processor lacks is ignored. */
const MendCpuKernels *mend_cpu_choose(void);

/* dst[c] = sum over blocks of sums[block][c], divided by n_pixels. */
void mend_cpu_mean_finish(const float *sums, int n_blocks, int c, size_t n_pixels, float *dst);

#ifdef MEND_CPU_ISA
#define MEND_CPU_JOIN(isa, id) mend_cpu_##isa##_##id
#define MEND_CPU_NAME(isa, id) MEND_CPU_JOIN(isa, id)
#define MEND_CPU(id)           MEND_CPU_NAME(MEND_CPU_ISA, id)
#define MEND_OP(id, n_src)     void MEND_CPU(id)(const MendCpuOp *op, const MendCpuBlock *block);
#include "compute/ops.def"
#undef MEND_OP

/* c[m][n] = bias + a[m][k] b; rows of a and c follow each other without gap. */
void MEND_CPU(matmul)(const float *a, size_t m, int k, const MendCpuOp *op, float *c);
void MEND_CPU(dct)(const float *rows, size_t wide, size_t n, float sigma, float *desk);
extern const MendCpuKernels MEND_CPU(kernels);
#endif

G_END_DECLS
