/* rnn.h - recurrent networks in C: forward, backward through time, training
 *
 * version 0.3.0                                    SPDX: MIT OR Unlicense
 *
 * One file, no dependency, no allocation, no global that is written. Cells:
 * tanh, ReLU, GRU in both forms, LSTM; stacks of layers in one or both
 * directions; N vs N, N vs 1, 1 vs N, encoder-decoder with attention; losses,
 * optimisers, sampling, beam search, checkpoints that PyTorch opens. The same
 * bits on every machine, of two sets: see ARITHMETIC. C99, C++11, desk and
 * firmware.
 *
 * ----------------------------------------------------------------------------
 * HOW TO USE IT
 *
 * In one file of a program:
 *
 *     #define RNN_IMPLEMENTATION
 *     #include "rnn.h"
 *
 * and in all others #include "rnn.h" alone. Plain -O2 gives the fast code; a
 * build without optimisation has the plain C kernels alone. On a desk calls
 * take at most 14 KB of stack, without optimisation 23. Flags that change
 * arithmetic, -ffast-math and its parts (-ffinite-math-only,
 * -fassociative-math, -freciprocal-math, -fno-signed-zeros,
 * -funsafe-math-optimizations), are an error where the compiler tells of them:
 * clang tells only of the first two, and not of -ffp-contract=fast; with the
 * others results have other bits. -fsingle-precision-constant is an error where
 * RNN_DOUBLE is set. The header includes stddef.h, stdint.h and,
 * where RNN_IMPLEMENTATION is defined, limits.h, the machine's vectors
 * (immintrin.h, arm_neon.h or wasm_simd128.h), and, for its two
 * functions on named files, stdio.h where there is one and POSIX's sys/stat.h.
 *
 * ----------------------------------------------------------------------------
 * A FIRST PROGRAM
 *
 * It learns to say which of four letters follows: cc first.c && ./a.out
 *
 *     #include <stdio.h>
 *     #define RNN_IMPLEMENTATION
 *     #define RNN_CHECK
 *     #include "rnn.h"
 *
 *     enum { T = 12, B = 1, V = 4, H = 16 };
 *     #define NET RNN_CELL_LSTM, V, 0, H, 1, 1, 1, V
 *     static rnn_real memory[RNN_TRAIN(T, B, 2, NET)], h[H], c[H];
 *     static rnn_work work;
 *
 *     int main(void)
 *     {
 *         static const int text[T + 1] = {0, 1, 2, 3, 2, 1, 0,
 *                                         1, 2, 3, 2, 1, 0};
 *         rnn_model model = {0};
 *         rnn_most most = {0};
 *         rnn_net net;
 *         rnn_seq seq = {0};
 *         rnn_row row = {0};
 *         rnn_optimizer adam;
 *         rnn_rng rng;
 *         rnn_real loss = 0;
 *         int k, id = 0;
 *
 *         model.cell = RNN_CELL_LSTM;
 *         model.input = RNN_INPUT_ONE_HOT;
 *         model.input_size = model.output_size = V;
 *         model.hidden_size = H;
 *         most.steps = T;
 *         most.batch = B;
 *         most.train = 1;
 *         most.moments = 2;
 *         rnn_rng_seed(&rng, 1);
 *         if (rnn_plan(&net, &model, &most) ||
 *             rnn_bind(&net, &work, memory, sizeof memory / sizeof *memory) ||
 *             rnn_init_params(&model, work.params, work.params_len, &rng,
 *                             NULL) ||
 *             rnn_optimizer_init(&adam, RNN_OPT_ADAM, (rnn_real)0.02, NULL))
 *             return 1;
 *         seq.steps = T;
 *         seq.batch = B;
 *         seq.ids = text;
 *         seq.ids_len = seq.targets_len = T;
 *         for (k = 0; k < 200; k++)
 *             if (rnn_forward(&net, &work, &seq) ||
 *                 rnn_cross_entropy(&net, &work, &seq, text + 1, NULL,
 *                                   &loss) ||
 *                 rnn_backward(&net, &work, &seq, NULL) ||
 *                 rnn_clip_grad_norm(work.grads, work.grads_len, 5, NULL,
 *                                    NULL) ||
 *                 rnn_optimizer_step(&adam, &net, &work))
 *                 return 1;
 *         printf("loss %.3f:", (double)loss);
 *         row.ids = &id;
 *         row.state_len = H;
 *         for (k = 0; k < T; k++) {
 *             printf(" %d", id);
 *             if (rnn_step(&net, &work, &row, h, c) ||
 *                 rnn_greedy(work.logits, V, &id, NULL))
 *                 return 1;
 *         }
 *         printf("\n");
 *         return 0;
 *     }
 *
 * Every call that can fail returns a status, and where compilers can they warn
 * if nobody looks at it.
 *
 * ----------------------------------------------------------------------------
 * CONTENTS                     search for the word in brackets
 *
 *   declarations                         implementation
 *     [TYPES]                              [HOW] [BASE] [PRODUCT]
 *     [API-SIZES]                          [KERNELS]   [MATH]  [CELLS]
 *     [API-MATH]                           [CELL-RNN]  [CELL-GRU] [CELL-LSTM]
 *     [API-LINEAR]                         [SELECT]    [ROWS]  [MAP] [RANDOM]
 *     [API-ATTENTION]                      [LINEAR]
 *     [API-MODEL]                          [STACK]     [ATTENTION]
 *       the plan, the arrays, the calls    [MODEL]     [CONTEXT]  [TENSORS]
 *     [API-FIRMWARE]                       [FIRMWARE]  [INT8]
 *     [API-LOSS]                           [LOSS]
 *     [API-TRAIN]                          [TRAIN]  [OPTIMIZERS] [SCHEDULES]
 *     [API-SAMPLE]                         [SAMPLE]
 *     [API-DECODE]                         [DECODE]  [BEAM]
 *     [API-FILES]                          [FILES]  [STDIO]
 *     [VERSIONS] [LICENSE]
 *
 * ----------------------------------------------------------------------------
 * WHO OWNS WHAT
 *
 * A model is data: a struct of numbers (rnn_model) that says what it is. Zero
 * is every field's default; it may be const. rnn_plan checks it and lays it out
 * once, for at most so many steps and rows, into a struct of the caller's
 * (rnn_net), const from then on. Everything large is an array of the caller's,
 * as long as the plan's sizes say, or the constant expressions of [API-SIZES];
 * rnn_bind ties the arrays to the plan in a rnn_work, finding a place for those
 * that are not set. Each has one lifetime:
 *
 *   params   the weights, one flat array; never written by forward or backward
 *   grads    the same layout; backward overwrites it, or adds if asked to
 *   moments  what an optimiser keeps: some arrays of the layout of params
 *   packed   copies of the weights as products read them: rnn_pack
 *   logits   what comes out, and dlogits, its gradient
 *   keep     from a forward pass to its backward pass
 *   scratch  dead after every call
 *   memory   an encoder's: from rnn_encode to the last step of the decoder
 *   h, c     states that cross calls, in seq or beside a step: h0 in, hn out;
 *            hn may be h0
 *
 * So inference, its loss, single steps and writing between a loss and backward
 * spoil nothing: of what training needs they write logits alone. A call that
 * comes before what it needs is RNN_E_ORDER, for which keep and packed begin
 * with a stamp. Arrays need the alignment of float, nothing more, and may not
 * overlap unless a comment says so.
 *
 * ----------------------------------------------------------------------------
 * SHAPES
 *
 *   T steps, B batch, I input size, H hidden size, L layers, D directions,
 *   O outputs, G gates of a cell, K blocks that a step keeps
 *
 * Sequences are time-major: x is (T, B, I), x[(t*B + b)*I + i]; rnn_seq has
 * strides for those that are batch-first. States are
 * (L*D, B, H), forward before reverse. The output of a bidirectional layer is
 * [forward; reverse]. Parameters have PyTorch's names; weights are stored
 * [in][out], the transpose of PyTorch's [out][in], because a step then streams
 * through memory with vectors along the outputs, and a one-hot input is one
 * row. rnn_save and rnn_load_params turn them at the border.
 *
 * ----------------------------------------------------------------------------
 * THE WIRINGS
 *
 * rnn_model.wiring says which; every one takes any cell and any layers.
 *
 *     RNN_WIRING_N_TO_N ..._N_TO_1        ..._1_TO_N     ..._N_TO_M
 *
 *     y1 y2 y3 y4                 Y       y1 y2 y3 y4             y1 y2 y3
 *     ^  ^  ^  ^                  ^       ^  ^  ^  ^              ^  ^  ^
 *     h1-h2-h3-h4       h1-h2-h3-h4       h1-h2-h3-h4    h1-h2 => s1-s2-s3
 *     ^  ^  ^  ^        ^  ^  ^  ^        ^              ^  ^     ^  ^  ^
 *     x1 x2 x3 x4       x1 x2 x3 x4       x              x1 x2    0  y1 y2
 *
 * The last two have a decoder: a stack that starts from, or reads, a context c,
 * and may read its own previous output, y_(t-1), which in training is the
 * target's (teacher forcing). What c is and where it enters are fields of
 * rnn_model: context, context_size, feed, hand_over; attention adds a context
 * for every step, a weighted mean of the encoder's states. 1 vs N takes x as c.
 *
 *     model.wiring = RNN_WIRING_N_TO_M;   -- Bahdanau, Cho & Bengio 2014
 *     model.cell = RNN_CELL_GRU;
 *     model.input = model.target = RNN_INPUT_EMBEDDING;
 *     model.input_size = ...;             -- source's vocabulary
 *     model.output_size = model.target_size = ...;   -- the target's
 *     model.embedding_size = model.target_embedding_size = 64;
 *     model.hidden_size = model.context_size = 128;
 *     model.bidirectional = 1;
 *     model.attention = RNN_SCORE_ADDITIVE;
 *     model.attention_size = 128;
 *     model.feed = RNN_FEED_STATE;        -- s_0 = tanh(Q h_N + q)
 *     model.head_context = 1;             -- the head reads [s_t; c_t]
 *
 * Training is the same calls as for N vs N: seq holds the target's tokens, as
 * the decoder reads them, and seq.source the source. To use it, rnn_encode
 * once, then rnn_generate (greedy, sampling) or rnn_beam_search, or your own
 * loop over rnn_step.
 *
 * ----------------------------------------------------------------------------
 * TRAINING, AND TRUNCATED BPTT
 *
 * forward gives logits, a loss gives dlogits, backward gives gradients. State
 * carries over from chunk to chunk if hn is h0; the gradient is cut there. A
 * loss of your own, or your own network in front, uses the same calls: the
 * gradients with respect to x, h0 and c0 come out of backward (rnn_flow).
 *
 * ----------------------------------------------------------------------------
 * ERRORS
 *
 * rnn_status, 0 is success; rnn_why says which field, argument or tensor was
 * refused, and both values. Descriptions, sizes, tokens and lengths are checked
 * at the door, and nothing is written if they are wrong. Numbers are not
 * scanned: a NaN in x spreads over what depends on it, and the loss says
 * RNN_E_NOT_FINITE. Nothing here aborts or prints.
 *
 * With RNN_CHECK calls look at numbers, too, and refuse: parameters that are
 * NaN or, of a work, all 0, as where nobody has written them (rnn_bind fills
 * with NaN what it places); NaN in x, in states, and in the gradients that go
 * into backward or a step; dlogits that a loss has left for an earlier pass; x,
 * ids or parameters that have changed between forward and backward, or
 * parameters between rnn_encode and a step, or since rnn_pack; a plan whose
 * model or most was written; arrays of a work that overlap, and params, keep,
 * scratch or memory replaced behind rnn_bind; gradients added to what a step
 * has used; moments that a first step has left out. It also wants the length of
 * every array that has a field for it. Each call then reads every parameter: a
 * build for development.
 *
 * What is not checked, since it cannot be seen: x that is batch-first without
 * strides; logits through a softmax of yours before cross-entropy, which has
 * its own; targets that are shifted wrongly; arrays shorter than you say, or
 * than steps and rows say where you do not (x_len, ids_len, state_len, ...).
 *
 * ----------------------------------------------------------------------------
 * MACROS                       all in the file that defines RNN_IMPLEMENTATION;
 *                              those marked * in every file alike, or the
 *                              program does not link
 *
 *   RNN_STATIC *        all functions static: the library in one file alone
 *   RNNDEF              or how they are declared, e.g. __declspec(dllexport)
 *   RNN_DOUBLE *        double for float, for gradient checks
 *   RNN_NO_FMA *        the arithmetic of machines without fma, anywhere
 *   RNN_NO_SIMD         plain C kernels alone
 *   RNN_NO_AVX512       without those for AVX-512
 *   RNN_NO_FILES        without safetensors; in another file it hides the
 *                       declarations alone
 *   RNN_NO_STDIO        the same of its two functions on named files
 *   RNN_CHECK           a build that looks for mistakes, for tests and first
 *                       steps: see ERRORS
 *   RNN_NO_STATUS_TEXT  without the texts
 *   RNN_NO_WHY *        without reasons, for small firmware
 *   RNN_WEIGHT(p)       how RNN_DEFINE_STEP reads a parameter: *(p), or where
 *                       flash has other instructions pgm_read_float(p)
 *   RNN_HEADER_NAME     "rnn.h", if the file is renamed: it includes itself
 *
 * ----------------------------------------------------------------------------
 * ARITHMETIC
 *
 * Defined here, not by the compiler, so that the bits are the same everywhere:
 *
 *   - a sum of products is one chain of fused multiply-adds in increasing
 *     index, from b_ih + b_hh through x to h; vectors run along outputs
 *   - a weight gradient is one chain per element, from the value already in
 *     grads, in the order of the backward pass: t descending (ascending in the
 *     reverse direction), b ascending, padding left out
 *   - other sums go into 16 lanes by index mod 16, folded 8, 4, 2, 1
 *   - exp, tanh, sigmoid, log and sqrt are our own, of the same operations
 *
 * So outputs do not depend on vectors, batch, chunks, threads or machine, and
 * one step at a time gives the bits of the whole sequence. RNN_FMA says which
 * of two arithmetics was built: with fma, or (Cortex-M0, AVR, tcc, WASM,
 * RNN_NO_FMA) with a product and a sum in its place. An x86-64 program on a
 * processor without fma computes it exactly in software: slowly, but the same.
 * The promise holds while the processor rounds to nearest and no value is
 * subnormal where those are flushed: on targets that always do (32-bit NEON,
 * Helium), or where a host asks for it (a library built with -ffast-math sets
 * that for the whole process). All NaNs count as equal. gcc for x87 keeps it
 * with -std=c99, not -std=gnu...
 *
 * A chain of n products in float has an error of at most n 2^-24 times the sum
 * of their sizes (Higham 2002, 3.5), and in practice about sqrt(n) 2^-24: that
 * is the price of sums that can be reproduced.
 *
 * ----------------------------------------------------------------------------
 * THREADS
 *
 * There are none here, and no globals that are written: any number of calls
 * may run at once, each on a rnn_work of its own, by one plan. To share one
 * call's work among threads, see rnn_run.
 *
 * ----------------------------------------------------------------------------
 * SECURITY
 *
 * Files are the only bytes from strangers that this library reads: rnn_st_...,
 * rnn_load... take anything, of any length, and read no byte outside it, write
 * nothing unless the whole file is right, and take time at most its number of
 * tensors (4,096) times the bytes of its header (100 MB). All other calls trust
 * that pointers point to arrays of the sizes stated; the values in them may be
 * anything.
 */

/* Names here are the symbols of the equations. A program's macros of one
 * capital letter (I of complex.h, N, T ...) step aside while this file is read.
 */
#if !defined(RNN_I_PASS) &&                                                    \
    (defined(__GNUC__) || defined(__TINYC__) || defined(_MSC_VER))
#pragma push_macro("A")
#undef A
#pragma push_macro("B")
#undef B
#pragma push_macro("C")
#undef C
#pragma push_macro("D")
#undef D
#pragma push_macro("E")
#undef E
#pragma push_macro("F")
#undef F
#pragma push_macro("G")
#undef G
#pragma push_macro("H")
#undef H
#pragma push_macro("I")
#undef I
#pragma push_macro("J")
#undef J
#pragma push_macro("K")
#undef K
#pragma push_macro("L")
#undef L
#pragma push_macro("M")
#undef M
#pragma push_macro("N")
#undef N
#pragma push_macro("O")
#undef O
#pragma push_macro("P")
#undef P
#pragma push_macro("Q")
#undef Q
#pragma push_macro("R")
#undef R
#pragma push_macro("S")
#undef S
#pragma push_macro("T")
#undef T
#pragma push_macro("U")
#undef U
#pragma push_macro("V")
#undef V
#pragma push_macro("W")
#undef W
#pragma push_macro("X")
#undef X
#pragma push_macro("Y")
#undef Y
#pragma push_macro("Z")
#undef Z
#endif

#ifndef RNN_SINGLE_HEADER_INCLUDED
#define RNN_SINGLE_HEADER_INCLUDED

#define RNN_VERSION_MAJOR 0
#define RNN_VERSION_MINOR 3
#define RNN_VERSION_PATCH 0
#define RNN_VERSION "0.3.0"

#include <stddef.h>
#include <stdint.h>

#ifndef RNNDEF
#if defined(RNN_STATIC) && defined(__GNUC__)
#define RNNDEF static __attribute__((unused)) /* no warning for the rest */
#elif defined(RNN_STATIC)
#define RNNDEF static
#else
#define RNNDEF extern
#endif
#endif

/* Declares what returns a status: to leave that unseen is a warning. */
#ifdef __GNUC__
#define RNNRET RNNDEF __attribute__((warn_unused_result))
#else
#define RNNRET RNNDEF
#endif

/* Macros marked * must be alike in all files of a program. Those that change
 * what functions compute or take change their names, too, so that files which
 * differ do not link. */
#if !defined(RNN_STATIC) &&                                                    \
    (defined(RNN_DOUBLE) || defined(RNN_NO_FMA) || defined(RNN_NO_WHY))
#ifdef RNN_DOUBLE
#define RNN_I_AS_1 _double
#else
#define RNN_I_AS_1
#endif
#ifdef RNN_NO_FMA
#define RNN_I_AS_2 _no_fma
#else
#define RNN_I_AS_2
#endif
#ifdef RNN_NO_WHY
#define RNN_I_AS_3 _no_why
#else
#define RNN_I_AS_3
#endif
#define RNN_I_AS_(name, a, b, c) name##a##b##c
#define RNN_I_AS__(name, a, b, c) RNN_I_AS_(name, a, b, c)
#define RNN_I_AS(name) RNN_I_AS__(name, RNN_I_AS_1, RNN_I_AS_2, RNN_I_AS_3)
#define rnn_status_text RNN_I_AS(rnn_status_text)
#define rnn_why_text RNN_I_AS(rnn_why_text)
#define rnn_map RNN_I_AS(rnn_map)
#define rnn_rng_seed RNN_I_AS(rnn_rng_seed)
#define rnn_rng_next RNN_I_AS(rnn_rng_next)
#define rnn_uniform RNN_I_AS(rnn_uniform)
#define rnn_normal RNN_I_AS(rnn_normal)
#define rnn_threefry RNN_I_AS(rnn_threefry)
#define rnn_linear_size RNN_I_AS(rnn_linear_size)
#define rnn_linear_forward RNN_I_AS(rnn_linear_forward)
#define rnn_linear_backward RNN_I_AS(rnn_linear_backward)
#define rnn_linear_grads RNN_I_AS(rnn_linear_grads)
#define rnn_attention_sizes RNN_I_AS(rnn_attention_sizes)
#define rnn_attention_forward RNN_I_AS(rnn_attention_forward)
#define rnn_attention_backward RNN_I_AS(rnn_attention_backward)
#define rnn_attention_grads RNN_I_AS(rnn_attention_grads)
#define rnn_plan RNN_I_AS(rnn_plan)
#define rnn_bind RNN_I_AS(rnn_bind)
#define rnn_pack RNN_I_AS(rnn_pack)
#define rnn_forward RNN_I_AS(rnn_forward)
#define rnn_infer RNN_I_AS(rnn_infer)
#define rnn_backward RNN_I_AS(rnn_backward)
#define rnn_step RNN_I_AS(rnn_step)
#define rnn_encode RNN_I_AS(rnn_encode)
#define rnn_view_model RNN_I_AS(rnn_view_model)
#define rnn_view_layer RNN_I_AS(rnn_view_layer)
#define rnn_model_tensor RNN_I_AS(rnn_model_tensor)
#define rnn_quantize RNN_I_AS(rnn_quantize)
#define rnn_cross_entropy RNN_I_AS(rnn_cross_entropy)
#define rnn_sigmoid_cross_entropy RNN_I_AS(rnn_sigmoid_cross_entropy)
#define rnn_squared_error RNN_I_AS(rnn_squared_error)
#define rnn_cross_entropy_rows RNN_I_AS(rnn_cross_entropy_rows)
#define rnn_sigmoid_cross_entropy_rows RNN_I_AS(rnn_sigmoid_cross_entropy_rows)
#define rnn_squared_error_rows RNN_I_AS(rnn_squared_error_rows)
#define rnn_mean RNN_I_AS(rnn_mean)
#define rnn_softmax RNN_I_AS(rnn_softmax)
#define rnn_init_params RNN_I_AS(rnn_init_params)
#define rnn_init_tensor RNN_I_AS(rnn_init_tensor)
#define rnn_init_forget_bias RNN_I_AS(rnn_init_forget_bias)
#define rnn_clip_grad_norm RNN_I_AS(rnn_clip_grad_norm)
#define rnn_clip_grad_max RNN_I_AS(rnn_clip_grad_max)
#define rnn_clip_grad_value RNN_I_AS(rnn_clip_grad_value)
#define rnn_optimizer_init RNN_I_AS(rnn_optimizer_init)
#define rnn_optimizer_moments RNN_I_AS(rnn_optimizer_moments)
#define rnn_optimizer_step RNN_I_AS(rnn_optimizer_step)
#define rnn_optimizer_step_array RNN_I_AS(rnn_optimizer_step_array)
#define rnn_optimizer_begin RNN_I_AS(rnn_optimizer_begin)
#define rnn_optimizer_range RNN_I_AS(rnn_optimizer_range)
#define rnn_schedule_lr RNN_I_AS(rnn_schedule_lr)
#define rnn_plateau_step RNN_I_AS(rnn_plateau_step)
#define rnn_greedy RNN_I_AS(rnn_greedy)
#define rnn_sample RNN_I_AS(rnn_sample)
#define rnn_generate RNN_I_AS(rnn_generate)
#define rnn_beam_search RNN_I_AS(rnn_beam_search)
#define rnn_st_open RNN_I_AS(rnn_st_open)
#define rnn_st_next RNN_I_AS(rnn_st_next)
#define rnn_st_find RNN_I_AS(rnn_st_find)
#define rnn_st_meta RNN_I_AS(rnn_st_meta)
#define rnn_st_meta_next RNN_I_AS(rnn_st_meta_next)
#define rnn_st_unescape RNN_I_AS(rnn_st_unescape)
#define rnn_st_dtype_name RNN_I_AS(rnn_st_dtype_name)
#define rnn_load_tensor RNN_I_AS(rnn_load_tensor)
#define rnn_save RNN_I_AS(rnn_save)
#define rnn_load_description RNN_I_AS(rnn_load_description)
#define rnn_load_params RNN_I_AS(rnn_load_params)
#define rnn_read_file RNN_I_AS(rnn_read_file)
#define rnn_write_file RNN_I_AS(rnn_write_file)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ============================================================================
 * [TYPES]  numbers, status, descriptions, sequences
 * ========================================================================= */

/* The number type of every buffer: float. RNN_DOUBLE makes it double, for
 * gradient checks; such a build is slow and never needed to use the library. */
#ifdef RNN_DOUBLE
typedef double rnn_real;
#else
typedef float rnn_real;
#endif

/* Which arithmetic this build has: 1 where every a*b + c is one fused
 * multiply-add (x86-64, aarch64, Cortex-M4F and up, RISC-V F, ...), 0 where it
 * is a product, rounded, and a sum. Each of the two gives the same bits on
 * every machine and with every compiler. RNN_NO_FMA asks for 0 anywhere. */
#if defined(RNN_NO_FMA) || defined(RNN_DOUBLE) || !defined(__GNUC__)
#define RNN_FMA 0
#elif defined(__x86_64__) || defined(__aarch64__) || defined(__FMA__) ||       \
    defined(__FP_FAST_FMAF) || defined(__ARM_FEATURE_FMA) ||                   \
    defined(__riscv_flen)
#define RNN_FMA 1
#else
#define RNN_FMA 0
#endif

/* What every function returns that can fail. 0 is success; on any other value
 * no output has been written unless the function says otherwise. */
typedef enum rnn_status {
    RNN_OK = 0,
    RNN_E_ARG = -1,         /* a NULL pointer, or a value out of its range */
    RNN_E_SIZE = -2,        /* a size is zero, negative or too large       */
    RNN_E_BUFFER = -3,      /* a buffer is shorter than the sizes say */
    RNN_E_ID = -4,          /* a token or target is not in its vocabulary  */
    RNN_E_LENGTH = -5,      /* a sequence's length is negative or above steps */
    RNN_E_NOT_FINITE = -6,  /* a loss or a norm is infinite or not a number */
    RNN_E_UNSUPPORTED = -7, /* this build or this machine cannot do it */
    RNN_E_FORMAT = -8,      /* bytes are not a valid file */
    RNN_E_MISMATCH = -9,    /* a valid file, but of another model */
    RNN_E_END = -10,        /* a listing has no further element */
    RNN_E_ORDER = -11       /* a call that must come first has not, or was for
                               something else */
} rnn_status;

/* One line of English for a status; never NULL. */
RNNDEF const char *rnn_status_text(rnn_status status);

/* Why a call has refused: which field, argument or tensor, and the values that
 * do not fit. Nothing is allocated: a text that never changes, in which @ and %
 * stand for the names, # for the next of n, ~ for x. rnn_plan leaves it in
 * net->why, calls on a work in work->why, those that take a rnn_run in
 * run->why, all others in their last argument, which may be &work.why too, or
 * NULL. It is of the last call alone. The rnn_st_... that list or look up have
 * none: there each status has one reason. RNN_NO_WHY leaves out all but the
 * status. */
typedef struct rnn_why {
    rnn_status status;
#ifndef RNN_NO_WHY
    const char *text; /* NULL: the status says it all */
    const char *of;   /* % */
    char name[40];    /* @ */
    ptrdiff_t n[4];   /* # */
    rnn_real x;       /* ~ */
#endif
} rnn_why;

/* The reason as a line of English in out (cap bytes), cut short to fit, or that
 * of its status alone; returns out, or "" without room. 160 bytes are enough.
 */
RNNDEF const char *rnn_why_text(const rnn_why *why, char *out, size_t cap);

/* Some enumerations are lists of rows, X(a, name, text, ...): the enumerators
 * a##name, how many there are, their names in files and the tables of the
 * implementation all follow from the rows, so that none can be forgotten. */
#define RNN_I_NAME(a, name, ...) a##name, /* a: RNN_CELL_, ... */
#define RNN_I_ONE(a, name, ...) +1

/* The cells. What one computes stands in [CELLS], under its name; everything
 * else that the library knows of it, in its row:
 *
 *   G         gates: blocks of H columns in a weight
 *   K         blocks of H numbers in z, in the order that the pieces say: one
 *             per gate; q; what one stage of backward leaves to the next
 *   c         1: there is a second state, c
 *   q         a second product, between two stages of the cell, reads this
 *             block of z, not h_{t-1}, and backward has its gradient beside
 *             that of h; not block 0: that means none
 *   carries   1: the cell leaves in dh a part of dh_{t-1}, to which the product
 *             with W_hh adds; 0: it leaves none
 *   f         the gate, not 0, whose bias opens the memory where it is large
 *             (LSTM's f): rnn_init_forget_bias sets it; 0: none
 *   P         vectors of H numbers that a layer has besides, in a tensor named
 *             `more`_l0 and so on, (P, H)
 *   pieces    what z is made of, in the words of rnn_i_piece in [STACK]: n
 *             blocks from gate u of the weights on to block z and on
 */
#define RNN_I_CELLS(X, a)                                                      \
    /*  name, in files          G  K  c  q  carries f  P, more                 \
                                                       pieces (n, u, z) */     \
    X(a, TANH, "tanh",          1, 1, 0, 0,    0,   0, 0, "",                  \
      RNN_I_BBX(1, 0, 0), RNN_I_H(1, 0, 0))                                    \
      /* Elman 1990; torch.nn.RNN */                                           \
    X(a, RELU, "relu",          1, 1, 0, 0,    0,   0, 0, "",                  \
      RNN_I_BBX(1, 0, 0), RNN_I_H(1, 0, 0))                                    \
      /* torch.nn.RNN(nonlinearity='relu') */                                  \
    X(a, GRU, "gru",            3, 4, 0, 0,    1,   0, 0, "",                  \
      RNN_I_BBX(2, 0, 0), RNN_I_BX(1, 2, 3), RNN_I_B(1, 2, 2),                 \
      RNN_I_H(3, 0, 0))                                                        \
      /* reset after the recurrent product: torch.nn.GRU, cuDNN, ONNX with     \
         linear_before_reset = 1 */                                            \
    X(a, GRU_RESET_BEFORE, "gru_reset_before",                                 \
                                3, 4, 0, 2,    1,   0, 0, "",                  \
      RNN_I_BBX(2, 0, 0), RNN_I_BBX(1, 2, 3), RNN_I_H(2, 0, 0),                \
      RNN_I_Q(1, 2, 3))                                                        \
      /* reset before it: Cho et al. 2014, ONNX with linear_before_reset = 0 */\
    X(a, LSTM, "lstm",          4, 4, 1, 0,    0,   1, 0, "",                  \
      RNN_I_BBX(4, 0, 0), RNN_I_H(4, 0, 0))                                    \
      /* torch.nn.LSTM */                                                      \
    X(a, LSTM_PEEPHOLE, "lstm_peephole",                                       \
                                4, 4, 1, 0,    0,   1, 3, "peephole",          \
      RNN_I_BBX(4, 0, 0), RNN_I_H(4, 0, 0), RNN_I_PC(2, 0, 0),                 \
      RNN_I_PCT(1, 2, 3))                                                      \
      /* Gers & Schmidhuber 2000; ONNX's LSTM with P */

typedef enum rnn_cell { RNN_I_CELLS(RNN_I_NAME, RNN_CELL_) } rnn_cell;
#define RNN_CELLS (0 RNN_I_CELLS(RNN_I_ONE, 0))

/* Functions of one number: the f of a linear block, and rnn_map. */
typedef enum rnn_fn {
    RNN_FN_IDENTITY = 0,
    RNN_FN_TANH,
    RNN_FN_RELU,
    RNN_FN_SIGMOID,
    RNN_FN_EXP,  /* the last three are for rnn_map alone */
    RNN_FN_LOG,
    RNN_FN_SQRT
} rnn_fn;

/* What a kernel runs on. All of them give the same bits. */
#define RNN_I_KERNELS(X, a)                                                    \
    X(a, AUTO, "auto")                /* the widest that this machine has */   \
    X(a, PORTABLE, "portable")        /* plain C; not with the last two */     \
    X(a, AVX2, "AVX2")                /* x86-64, chosen at run time */         \
    X(a, AVX512, "AVX-512")                                                    \
    X(a, NEON, "NEON")                /* aarch64 */                            \
    X(a, HELIUM, "Helium")            /* Cortex-M55 and up */                  \
    X(a, WASM, "SIMD128")             /* WebAssembly */

typedef enum rnn_kernel { RNN_I_KERNELS(RNN_I_NAME, RNN_KERNEL_) } rnn_kernel;
#define RNN_KERNELS (0 RNN_I_KERNELS(RNN_I_ONE, 0))

/* How one call runs. NULL, or all zero, is one thread on the best kernel.
 *
 * Threads are the caller's. The library cuts its work into `parts` tasks and
 * hands them to `each`, which runs task(arg, i) for all i below n, in any order
 * and on any threads, and returns when all are done; a loop, if it is NULL.
 * With OpenMP that is `#pragma omp parallel for` around one line. Tasks never
 * wait for one another. Every number is computed by one task alone in a fixed
 * order, so the bits do not depend on parts: a pass over rows is cut into rows
 * of the batch, or, of a model with one row, its large products into columns;
 * weight gradients into columns, the rest into elements. Of one row each is
 * called often, once a layer and step or more: threads should stand ready. */
typedef struct rnn_run {
    rnn_kernel kernel;
    int parts; /* 0 means 1        */
    void (*each)(void *team, int n, void (*task)(void *arg, int i), void *arg);
    void *team;   /* what each gets                                       */
    rnn_why *why; /* where a call that has no work says why it refuses;
                     NULL: nowhere                                        */
} rnn_run;

/* The sequences of one call: T steps of B rows. Everything is the caller's;
 * only hn and cn are written.
 *
 * x, ids, a loss's targets and the gradient of x are time-major: step t of row
 * b is number t*B + b of their tokens, or of their rows of I numbers. With
 * strides it is number t*step_stride + b*row_stride: 1 and T say batch-first, 1
 * and N/B that the rows are B streams side by side in one text of N tokens. All
 * other arrays stay time-major.
 *
 * Rows may have different lengths. From its length on a row is padding: its x
 * and ids are not read, its outputs are 0, and nothing there reaches a loss or
 * a gradient; hn and cn are those of its last valid step, and the reverse
 * direction starts at its own end.
 *
 * Lengths of arrays, here and in the structs below: RNN_E_BUFFER if an array
 * that is read or written is shorter than steps and rows want. 0 is: not said;
 * RNN_CHECK wants them said. (Of a work, and of passes of a block alone, every
 * length is said: 0 is 0.) Arrays of one element a row, or a class, have that
 * length. */
typedef struct rnn_seq {
    int steps, batch;         /* T, B                                        */
    const int *lengths;       /* (B) 0..T, or NULL: all are T                */
    const rnn_real *x;        /* (T, B, I), or NULL with ids                 */
    const int *ids;           /* (T, B) 0..I-1: x is one-hot                 */
    size_t step_stride;       /* in rows of I numbers, or tokens; 0: B       */
    size_t row_stride;        /* the same; 0: 1. With one goes the other, but
                                 where there is one step or one row          */
    size_t x_len, ids_len;    /* how many numbers, tokens there are          */
    size_t targets_len;       /* a loss's                                    */
    size_t state_len;         /* numbers in each of h0, c0, hn, cn; in h and
                                 c of rnn_encode                             */
    const rnn_real *h0, *c0;  /* (L*D, B, H) initial states; NULL: zeros. Of a
                                 decoder, where nothing is handed to a layer.
                                 c0, cn, and flow's dcn, dc0, are of cells that
                                 have c alone: RNN_E_ARG with others         */
    const unsigned char *fresh; /* (B) 1: this row starts from zeros, whatever
                                 h0 and c0 hold; NULL: none does             */
    rnn_real *hn, *cn;        /* (L*D, B, H) final states, or NULL; hn may be
                                 h0 and cn may be c0: state carries over     */
    uint32_t seed[2];         /* of dropout masks                            */
    uint32_t first_step;      /* the absolute step of step 0, and            */
    uint32_t first_row;       /* the absolute row of row 0, for those masks  */

    /* models with a decoder alone; here T is the target's steps, and x or ids
     * what the decoder reads: its previous outputs, as far as it does */
    const struct rnn_seq *source; /* what is encoded: an array of num_sources
                                 sequences of B rows each. Of these seed and
                                 first_row are not read, the target's count;
                                 own_rate is 0                               */
    rnn_real own_rate;        /* scheduled sampling (Bengio et al. 2015): with
                                 this probability a token after the first is
                                 not ids' but the model's own                */
    int own_sample;           /* 0: its likeliest, 1: drawn from its softmax */
    int *own_ids;             /* (T, B) out: the tokens that were read; needed
                                 if own_rate is not 0, up to backward        */
    size_t own_ids_len;
    int past;                 /* 0: the library's, see "windows" in [HOW]    */
} rnn_seq;

/* Gradients that enter a backward pass and leave it, beside dlogits. Any may be
 * NULL. Those that leave are overwritten. */
typedef struct rnn_flow {
    const rnn_real *dhn, *dcn; /* in:  (L*D, B, H) of the final states       */
    rnn_real *dx;              /* out: (T, B, I); 0 on padding               */
    rnn_real *dh0, *dc0;       /* out: (L*D, B, H)                           */
    const struct rnn_flow *source; /* the same of each source of a model     */
    int accumulate; /* 1: the gradients of parameters are added to grads,
                       which holds some already; 0: grads is overwritten     */
    int frozen;     /* 1: grads is left alone: only what flows is wanted     */
    size_t dx_len, state_len; /* of dx; of each of dhn, dcn, dh0, dc0        */
} rnn_flow;

/* ============================================================================
 * [API-SIZES]  rnn_sizes as constant expressions, for static arrays
 *
 * Of N vs N and N vs 1, in one order of arguments: cell, written by its
 * name; I inputs; E, 0 without an embedding table; H; L layers; D, 2 if
 * bidirectional, else 1; bias, 0 with no_bias, else 1; O outputs, 0 without a
 * head. A program writes them once:
 *
 *     #define NET RNN_CELL_LSTM, 65, 0, 128, 2, 1, 1, 65
 *     static rnn_real params[RNN_PARAMS(NET)], h[RNN_STATE(1, NET)];
 *
 * They are never less than what rnn_plan says, for every description that it
 * accepts, and check nothing. With dropout add RNN_KEEP_DROPOUT to RNN_KEEP,
 * with RNN_PACK_BF16 RNN_SCRATCH_BF16 to what is for scratch or for inference;
 * its copies are RNN_PACKED_BF16. With keep_every = k, 2 to T, RNN_KEEP_EVERY
 * and RNN_SCRATCH_EVERY take their places, and dropout's is that of k steps.
 * ========================================================================= */

#define RNN_I_IF(cell, name, n) +((cell) == RNN_CELL_##name ? 0u + (n) : 0u)
#define RNN_I_G(cell, name, text, G, ...) RNN_I_IF(cell, name, G)
#define RNN_I_K(cell, name, text, G, K, ...) RNN_I_IF(cell, name, K)
#define RNN_I_C(cell, name, text, G, K, c, ...) RNN_I_IF(cell, name, c)
#define RNN_I_CQ(cell, name, text, G, K, c, q, ...)                            \
    RNN_I_IF(cell, name, ((c) != 0 || (q) != 0))
#define RNN_I_P(cell, name, text, G, K, c, q, carries, f, P, ...)              \
    RNN_I_IF(cell, name, P)

#define RNN_GATES(cell) (RNN_I_N(0 RNN_I_CELLS(RNN_I_G, cell)))
#define RNN_KEPT(cell) (RNN_I_N(0 RNN_I_CELLS(RNN_I_K, cell)))
#define RNN_HAS_C(cell) (RNN_I_N(0 RNN_I_CELLS(RNN_I_C, cell)))
#define RNN_VECTORS(cell) (RNN_I_N(0 RNN_I_CELLS(RNN_I_P, cell)))
/* 1: backward carries a second gradient of (B, H) beside dh, of c or of q */
#define RNN_HAS_DC(cell) (RNN_I_N(0 RNN_I_CELLS(RNN_I_CQ, cell)))

/* Each takes its arguments as one macro, so that NET may be one: */
#define RNN_PARAMS(...) RNN_I_PARAMS_(__VA_ARGS__)
#define RNN_STATE(B, ...) RNN_I_STATE_(B, __VA_ARGS__)
#define RNN_LOGITS(T, B, ...) RNN_I_LOGITS_(T, B, __VA_ARGS__)
#define RNN_PACKED(...) RNN_I_PACKED_(__VA_ARGS__)
#define RNN_PACKED_BF16(...) RNN_I_PACKED_BF16_(__VA_ARGS__)
#define RNN_KEEP(T, B, ...) RNN_I_KEEP_(T, B, __VA_ARGS__)
#define RNN_KEEP_DROPOUT(T, B, ...) RNN_I_KEEP_DROPOUT_(T, B, __VA_ARGS__)
#define RNN_SCRATCH_TRAIN(T, B, ...) RNN_I_SCRATCH_TRAIN_(T, B, __VA_ARGS__)
#define RNN_SCRATCH_INFER(T, B, ...) RNN_I_SCRATCH_INFER_(T, B, __VA_ARGS__)
#define RNN_SCRATCH_STEP(B, ...) RNN_I_SCRATCH_STEP_(B, __VA_ARGS__)
#define RNN_KEEP_EVERY(k, T, B, ...) RNN_I_KEEP_EVERY_(k, T, B, __VA_ARGS__)
#define RNN_SCRATCH_EVERY(k, B, ...) RNN_I_SCRATCH_EVERY_(k, B, __VA_ARGS__)
#define RNN_SCRATCH_BF16 8208u /* 128 terms of 64 columns, and 16 to a line */

/* Everything that rnn_bind places, each array at a cache line, where the caller
 * has set none: for training, with M arrays of moments; or for inference of T
 * steps of B rows, where weights are the caller's and packed is too, or is
 * RNN_PACK_NONE. */
#define RNN_TRAIN(T, B, M, ...)                                                \
    (8u * 15u + (2u + RNN_I_N(M)) * RNN_PARAMS(__VA_ARGS__) +                  \
     2u * RNN_LOGITS(T, B, __VA_ARGS__) + RNN_PACKED(__VA_ARGS__) +            \
     RNN_KEEP(T, B, __VA_ARGS__) + RNN_SCRATCH_TRAIN(T, B, __VA_ARGS__))
#define RNN_INFER(T, B, ...)                                                   \
    (2u * 15u + RNN_LOGITS(T, B, __VA_ARGS__) +                                \
     RNN_SCRATCH_INFER(T, B, __VA_ARGS__))

/* A size. In C++ without a cast, which strict programs are warned of where they
 * use a macro. */
#ifdef __cplusplus
#define RNN_I_N(n) (sizeof(char) - 1u + (n))
#else
#define RNN_I_N(n) ((size_t)(n))
#endif
#define RNN_I_STAMP 16u /* numbers in front of keep and packed: a cache line */
#define RNN_I_IN(I, E) ((E) != 0 ? RNN_I_N(E) : RNN_I_N(I))
#define RNN_I_GREATER(a, b) ((a) > (b) ? (a) : (b))
#define RNN_I_LINES(n) ((RNN_I_N(n) + 15u) / 16u * 16u)

#define RNN_I_STACK_PARAMS(cell, I, H, L, D, bias)                             \
    (RNN_I_N(H) * RNN_I_N(D) *                                                 \
     (RNN_GATES(cell) * (RNN_I_N(I) + RNN_I_N(H) + 2u * RNN_I_N(bias) +        \
                         (RNN_I_N(L) - 1u) *                                   \
                             (RNN_I_N(D) * RNN_I_N(H) + RNN_I_N(H) +           \
                              2u * RNN_I_N(bias))) +                           \
      RNN_VECTORS(cell) * RNN_I_N(L)))
#define RNN_I_PARAMS_(cell, I, E, H, L, D, bias, O)                            \
    (RNN_I_N(I) * RNN_I_N(E) +                                                 \
     RNN_I_STACK_PARAMS(cell, RNN_I_IN(I, E), H, L, D, bias) +                 \
     (RNN_I_N(D) * RNN_I_N(H) + 1u) * RNN_I_N(O))
#define RNN_I_STATE_(B, cell, I, E, H, L, D, bias, O)                          \
    (RNN_I_N(L) * RNN_I_N(D) * RNN_I_N(B) * RNN_I_N(H))
#define RNN_I_LOGITS_(T, B, cell, I, E, H, L, D, bias, O)                      \
    (RNN_I_N(T) * RNN_I_N(B) *                                                 \
     ((O) != 0 ? RNN_I_N(O) : RNN_I_N(D) * RNN_I_N(H)))

/* W and its transpose of each layer, every matrix filling whole cache lines of
 * 16 numbers, and up to 15 in front of each copy; the head's; a stamp. */
#define RNN_I_LAYER_LINES(cell, in, H)                                         \
    (RNN_I_LINES(RNN_GATES(cell) * RNN_I_N(H) * RNN_I_N(in)) +                 \
     RNN_I_LINES(RNN_GATES(cell) * RNN_I_N(H) * RNN_I_N(H)))
#define RNN_I_STACK_LINES(cell, I, H, L, D)                                    \
    (15u + RNN_I_N(D) *                                                        \
               (RNN_I_LAYER_LINES(cell, I, H) +                                \
                (RNN_I_N(L) - 1u) *                                            \
                    RNN_I_LAYER_LINES(cell, RNN_I_N(D) * RNN_I_N(H), H)))
#define RNN_I_PACKED_(cell, I, E, H, L, D, bias, O)                            \
    (RNN_I_STAMP + 2u * RNN_I_STACK_LINES(cell, RNN_I_IN(I, E), H, L, D) +     \
     RNN_I_N(D) * RNN_I_N(H) * RNN_I_N(O))

/* The same in halves: strips of 64 columns, and two numbers a word. */
#define RNN_I_HALVES(cell, in, H)                                              \
    ((RNN_GATES(cell) * RNN_I_N(H) + 63u) / 64u * 32u * RNN_I_N(in))
#define RNN_I_STACK_HALVES(cell, I, H, L, D)                                   \
    (15u +                                                                     \
     RNN_I_N(D) *                                                              \
         (RNN_I_HALVES(cell, I, H) +                                           \
          (RNN_I_N(L) - 1u) * RNN_I_HALVES(cell, RNN_I_N(D) * RNN_I_N(H), H) + \
          RNN_I_N(L) * RNN_I_HALVES(cell, H, H)))
#define RNN_I_PACKED_BF16_(cell, I, E, H, L, D, bias, O)                       \
    (RNN_I_STAMP + RNN_I_STACK_HALVES(cell, RNN_I_IN(I, E), H, L, D))

/* Of each layer z in T slots, h and perhaps c in T + 1; the rows of a table;
 * what N vs 1 reads; a stamp; and up to 15 in front of z. */
#define RNN_I_KEEP_(T, B, cell, I, E, H, L, D, bias, O)                        \
    (RNN_I_STAMP + 15u +                                                       \
     RNN_I_N(B) * (RNN_I_N(T) * RNN_I_N(E) + RNN_I_N(D) * RNN_I_N(H) +         \
                    RNN_I_N(L) * RNN_I_N(D) * RNN_I_N(H) *                     \
                        (RNN_KEPT(cell) * RNN_I_N(T) +                         \
                         (1u + RNN_HAS_C(cell)) * (RNN_I_N(T) + 1u))))
/* Each layer whose output goes through dropout keeps a masked copy of it: L - 1
 * with dropout, 1 with dropout_last. */
#define RNN_I_KEEP_DROPOUT_(T, B, cell, I, E, H, L, D, bias, O)                \
    (RNN_I_N(L) * RNN_I_N(T) * RNN_I_N(B) * RNN_I_N(D) * RNN_I_N(H))

/* dh, and dc or dq, and dy; the table's dx; of N vs 1 dhn; copies of factors;
 * up to 15 in front of dh */
#define RNN_I_ROOM(H) (RNN_I_N((H) < 256 ? 0 : 227360))
#define RNN_I_SCRATCH_TRAIN_(T, B, cell, I, E, H, L, D, bias, O)               \
    RNN_I_GREATER(                                                             \
        RNN_I_N(B) * ((1u + RNN_HAS_DC(cell) + RNN_I_N(T) * RNN_I_N(D) +       \
                        (RNN_I_N(L) + 1u) * RNN_I_N(D)) *                      \
                           RNN_I_N(H) +                                        \
                       RNN_I_N(T) * RNN_I_N(E)) +                              \
            15u + RNN_I_ROOM(H),                                               \
        RNN_I_SCRATCH_INFER_(T, B, cell, I, E, H, L, D, bias, O))
/* z of one layer, h of two, and c; the rows of a table; what N vs 1 reads; up
 * to 15 in front of z */
#define RNN_I_SCRATCH_INFER_(T, B, cell, I, E, H, L, D, bias, O)               \
    (RNN_I_N(B) *                                                              \
         (RNN_I_N(T) * RNN_I_N(E) + RNN_I_N(D) * RNN_I_N(H) +                  \
          RNN_I_N(H) * (RNN_KEPT(cell) * RNN_I_N(T) +                          \
                         (RNN_HAS_C(cell) +                                    \
                          RNN_I_N(D) * RNN_I_N((L) > 1 ? 2 : 1)) *             \
                             (RNN_I_N(T) + 1u))) +                             \
     15u + RNN_I_N(O))
/* What windows of k steps take, and the states where each begins; in scratch dh
 * and dc, or where the next window begins, of each layer. With D = 2 there are
 * no windows. */
#define RNN_I_BEGINS(k, T, cell, H, layers)                                    \
    ((RNN_I_N((T) - 1) / RNN_I_N(k) + 1u) * RNN_I_N(layers) * RNN_I_N(H) *     \
     (1u + RNN_HAS_C(cell)))
#define RNN_I_KEEP_EVERY_(k, T, B, cell, I, E, H, L, D, bias, O)               \
    (RNN_I_KEEP_(k, B, cell, I, E, H, L, D, bias, O) +                         \
     RNN_I_N(B) * RNN_I_BEGINS(k, T, cell, H, L))
#define RNN_I_SCRATCH_EVERY_(k, B, cell, I, E, H, L, D, bias, O)               \
    (RNN_I_SCRATCH_TRAIN_(k, B, cell, I, E, H, L, D, bias, O) +                \
     RNN_I_N(B) * RNN_I_N(L) * RNN_I_N(H) * (1u + RNN_HAS_DC(cell)))
/* z, the row of a table, and what sorting for top_k and top_p takes */
#define RNN_I_SCRATCH_STEP_(B, cell, I, E, H, L, D, bias, O)                   \
    (RNN_I_N(B) * (RNN_KEPT(cell) * RNN_I_N(H) + RNN_I_N(E)) + RNN_I_N(O))

#define RNN_LINEAR_PARAMS(I, O, bias)                                          \
    ((RNN_I_N(I) + RNN_I_N(bias)) * RNN_I_N(O))

/* The same of decoders: the arguments above, for each encoder and the output,
 * then those of the decoder. V, F are target_size and target_embedding_size;
 * Hd, Ld units and layers; X, Z what it, and its head, read of c and c_t; C
 * context_size; R the width of what c is made of, N * D * H or more with
 * RNN_CONTEXT_ALL, of 1 vs N that of x, 0 if c is not used; A attention_size,
 * Hd with scores that have none, 0 without attention; N sources. 1 vs N has I,
 * E and one source, but H = 0.
 *
 *     #define NET RNN_CELL_GRU, 40, 0, 64, 1, 2, 1, 30,                       \
 *                 30, 0, 64, 1, 128, 0, 0, 0, 32, 1
 *     static rnn_real params[RNN_DECODER_PARAMS(NET)];
 *
 * They bound every description that these arguments fit, closely but for what a
 * model does not use; beams are counted by rnn_plan alone. */
#define RNN_DECODER_PARAMS(...) RNN_I_DEC_PARAMS_(__VA_ARGS__)
#define RNN_DECODER_STATE(B, ...) RNN_I_DEC_STATE_(B, __VA_ARGS__)
#define RNN_DECODER_PACKED(...) RNN_I_DEC_PACKED_(__VA_ARGS__)
#define RNN_DECODER_PACKED_BF16(...) RNN_I_DEC_PACKED_BF16_(__VA_ARGS__)
#define RNN_DECODER_MEMORY(S, B, ...) RNN_I_DEC_MEMORY_(S, B, __VA_ARGS__)
#define RNN_DECODER_KEEP(S, T, B, ...) RNN_I_DEC_KEEP_(S, T, B, __VA_ARGS__)
#define RNN_DECODER_KEEP_DROPOUT(S, T, B, ...)                                 \
    RNN_I_DEC_DROPOUT_(S, T, B, __VA_ARGS__)
#define RNN_DECODER_LOGITS(T, B, ...) RNN_I_DEC_LOGITS_(T, B, __VA_ARGS__)
#define RNN_DECODER_SCRATCH_TRAIN(S, T, B, ...)                                \
    RNN_I_DEC_SCRATCH_(S, T, B, __VA_ARGS__)
#define RNN_DECODER_SCRATCH_INFER(S, T, B, ...)                                \
    RNN_I_GREATER(RNN_I_DEC_KEEP_(S, T, B, __VA_ARGS__),                       \
                  RNN_I_DEC_STEP_(S, B, __VA_ARGS__))
#define RNN_DECODER_SCRATCH_STEP(S, B, ...) RNN_I_DEC_STEP_(S, B, __VA_ARGS__)
/* with keep_every = k, from 2 to the greater of S and T */
#define RNN_DECODER_KEEP_EVERY(k, S, T, B, ...)                                \
    RNN_I_DEC_KEEP_EVERY_(k, S, T, B, __VA_ARGS__)
#define RNN_DECODER_SCRATCH_EVERY(k, S, T, B, ...)                             \
    RNN_I_GREATER(                                                             \
        RNN_I_DEC_SCRATCH_EVERY_(k, S, T, B, __VA_ARGS__),                     \
        RNN_I_GREATER(RNN_I_DEC_KEEP_EVERY_(k, S, T, B, __VA_ARGS__),          \
                      RNN_I_DEC_STEP_(S, B, __VA_ARGS__)))
/* Everything that rnn_bind places: for training; and for use of T steps, with
 * one step of B rows, where weights are the caller's and packed is too. */
#define RNN_DECODER_TRAIN(S, T, B, M, ...)                                     \
    (9u * 15u + (2u + RNN_I_N(M)) * RNN_DECODER_PARAMS(__VA_ARGS__) +          \
     2u * RNN_DECODER_LOGITS(T, B, __VA_ARGS__) +                              \
     RNN_DECODER_PACKED(__VA_ARGS__) +                                         \
     RNN_DECODER_KEEP(S, T, B, __VA_ARGS__) +                                  \
     RNN_I_GREATER(RNN_DECODER_SCRATCH_TRAIN(S, T, B, __VA_ARGS__),            \
                   RNN_DECODER_SCRATCH_INFER(S, T, B, __VA_ARGS__)) +          \
     RNN_DECODER_MEMORY(S, B, __VA_ARGS__))
#define RNN_DECODER_INFER(S, T, B, ...)                                        \
    (3u * 15u + RNN_DECODER_LOGITS(T, B, __VA_ARGS__) +                        \
     RNN_DECODER_SCRATCH_INFER(S, T, B, __VA_ARGS__) +                         \
     RNN_DECODER_MEMORY(S, B, __VA_ARGS__))

/* of attention: what a query and a key have at most; of c */
#define RNN_I_DEC_A(A, Hd)                                                     \
    ((A) != 0 ? RNN_I_GREATER(RNN_I_N(A), RNN_I_N(Hd)) : 0u)
#define RNN_I_DEC_C(C, R) ((C) != 0 ? RNN_I_N(C) : RNN_I_N(R))
/* z, h and c of so many layers and directions */
#define RNN_I_STACK_KEEP(T, cell, H, layers)                                   \
    (RNN_I_N(H) * RNN_I_N(layers) *                                            \
     (RNN_KEPT(cell) * RNN_I_N(T) +                                            \
      (1u + RNN_HAS_C(cell)) * (RNN_I_N(T) + 1u)))
#define RNN_I_DEC_PARAMS_(cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, X, Z, C, \
                          R, A, N)                                             \
    (RNN_I_N(N) * (RNN_I_N(I) * RNN_I_N(E) +                                   \
                   RNN_I_STACK_PARAMS(cell, RNN_I_IN(I, E), H, L, D, bias) +   \
                   RNN_I_N(A) *                                                \
                       (RNN_I_N(Hd) + RNN_I_N(D) * RNN_I_N(H) + 1u)) +         \
     RNN_I_N(C) * (RNN_I_N(R) + 1u) + RNN_I_N(V) * RNN_I_N(F) +                \
     RNN_I_STACK_PARAMS(cell, RNN_I_IN(V, F) + RNN_I_N(X), Hd, Ld, 1, bias) +  \
     (RNN_I_N(Hd) + RNN_I_N(Z) + 1u) * RNN_I_N(O))
#define RNN_I_DEC_STATE_(B, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, ...)   \
    (RNN_I_N(B) * RNN_I_GREATER(RNN_I_N(Ld) * RNN_I_N(Hd),                     \
                                RNN_I_N(L) * RNN_I_N(D) * RNN_I_N(H)))
#define RNN_I_DEC_LOGITS_(T, B, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, X, \
                          Z, ...)                                              \
    (RNN_I_N(T) * RNN_I_N(B) *                                                 \
     ((O) != 0 ? RNN_I_N(O) : RNN_I_N(Hd) + RNN_I_N(Z)))
#define RNN_I_DEC_PACKED_(cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, X, Z, C, \
                          R, A, N)                                             \
    (RNN_I_STAMP +                                                             \
     RNN_I_N(N) * (2u * RNN_I_STACK_LINES(cell, RNN_I_IN(I, E), H, L, D) +     \
                   RNN_I_N(A) * (RNN_I_N(Hd) + RNN_I_N(D) * RNN_I_N(H))) +     \
     2u * RNN_I_STACK_LINES(cell, RNN_I_IN(V, F) + RNN_I_N(X), Hd, Ld, 1) +    \
     RNN_I_N(C) * RNN_I_N(R) + (RNN_I_N(Hd) + RNN_I_N(Z)) * RNN_I_N(O))
#define RNN_I_DEC_PACKED_BF16_(cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, X,  \
                               Z, C, R, A, N)                                  \
    (RNN_I_STAMP +                                                             \
     RNN_I_N(N) * RNN_I_STACK_HALVES(cell, RNN_I_IN(I, E), H, L, D) +          \
     RNN_I_STACK_HALVES(cell, RNN_I_IN(V, F) + RNN_I_N(X), Hd, Ld, 1))
#define RNN_I_DEC_MEMORY_(S, B, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, X, \
                          Z, C, R, A, N)                                       \
    (RNN_I_N(B) * (RNN_I_N(N) * RNN_I_N(S) * (RNN_I_N(D) * RNN_I_N(H) +        \
                                              RNN_I_DEC_A(A, Hd)) +            \
                   RNN_I_DEC_C(C, R)))
#define RNN_I_DEC_KEEP_(S, T, B, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld,   \
                        X, Z, C, R, A, N)                                      \
    (RNN_I_STAMP + 15u * (RNN_I_N(N) + 1u) +                                   \
     RNN_I_DEC_MEMORY_(S, B, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, X, Z, \
                       C, R, A, N) +                                           \
     RNN_I_N(B) *                                                              \
         (RNN_I_N(R) + 2u * RNN_I_N(Ld) * RNN_I_N(Hd) +                        \
          RNN_I_N(N) * (RNN_I_N(S) * RNN_I_N(E) +                              \
                        RNN_I_STACK_KEEP(S, cell, H, (L) * (D)) +              \
                        RNN_I_N(T) * (RNN_I_DEC_A(A, Hd) + RNN_I_N(S) +        \
                                      RNN_I_N(D) * RNN_I_N(H))) +              \
          RNN_I_N(T) * RNN_I_N(F) + RNN_I_STACK_KEEP(T, cell, Hd, Ld)))
#define RNN_I_DEC_DROPOUT_(S, T, B, cell, I, E, H, L, D, bias, O, V, F, Hd,    \
                           Ld, X, Z, C, R, A, N)                               \
    (RNN_I_N(B) *                                                              \
     (RNN_I_N(N) * RNN_I_N(S) * RNN_I_N(L) * RNN_I_N(D) * RNN_I_N(H) +         \
      RNN_I_N(T) * RNN_I_N(Ld) * RNN_I_N(Hd)))
#define RNN_I_DEC_SCRATCH_(S, T, B, cell, I, E, H, L, D, bias, O, V, F, Hd,    \
                           Ld, X, Z, C, R, A, N)                               \
    (RNN_I_N(B) *                                                              \
         (RNN_I_DEC_C(C, R) + RNN_I_N(R) +                                     \
          RNN_I_N(N) *                                                         \
              (RNN_I_N(H) * (2u + 2u * RNN_I_N(L) * RNN_I_N(D) +               \
                             2u * RNN_I_N(S) * RNN_I_N(D)) +                   \
               RNN_I_N(S) * RNN_I_N(E) +                                       \
               (RNN_I_N(S) + RNN_I_N(T) + 1u) * RNN_I_DEC_A(A, Hd) +           \
               RNN_I_N(T) * RNN_I_N(D) * RNN_I_N(H) + RNN_I_N(S)) +            \
          RNN_I_N(Hd) * (2u * RNN_I_N(Ld) + RNN_I_N(T)) +                      \
          RNN_I_N(T) * RNN_I_N(F)) +                                           \
     15u * (RNN_I_N(N) + 1u) + RNN_I_ROOM(Hd))
/* Windows, and what there is of all steps: memories, attention's weights, what
 * flows back into contexts and memories, dz of a layer, states where windows
 * begin, dh and dc of each layer. */
#define RNN_I_LESS(k, D, S) ((D) == 2 || (k) > (S) ? (S) : (k))
#define RNN_I_DEC_KEEP_EVERY_(k, S, T, B, cell, I, E, H, L, D, bias, O, V, F,  \
                              Hd, Ld, X, Z, C, R, A, N)                        \
    (RNN_I_DEC_KEEP_(RNN_I_LESS(k, D, S), RNN_I_LESS(k, 1, T), B, cell, I, E,  \
                     H, L, D, bias, O, V, F, Hd, Ld, X, Z, C, R, A, N) +       \
     RNN_I_DEC_MEMORY_(S, B, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, X, Z, \
                       C, R, A, N) +                                           \
     RNN_I_N(B) *                                                              \
         (RNN_I_N(N) * RNN_I_N(T) * RNN_I_N(S) +                               \
          RNN_I_BEGINS(k, T, cell, Hd, Ld) +                                   \
          RNN_I_N(N) * RNN_I_BEGINS(k, S, cell, H, (L) * (D))))
#define RNN_I_DEC_SCRATCH_EVERY_(k, S, T, B, cell, I, E, H, L, D, bias, O, V,  \
                                 F, Hd, Ld, X, Z, C, R, A, N)                  \
    (RNN_I_DEC_SCRATCH_(RNN_I_LESS(k, D, S), RNN_I_LESS(k, 1, T), B, cell, I,  \
                        E, H, L, D, bias, O, V, F, Hd, Ld, X, Z, C, R, A, N) + \
     RNN_I_N(B) *                                                              \
         (RNN_I_N(N) *                                                         \
              (RNN_I_N(S) * (RNN_I_N(D) * RNN_I_N(H) + RNN_I_DEC_A(A, Hd)) +   \
               RNN_I_N(T) * RNN_I_N(D) * RNN_I_N(H) + RNN_I_N(S) +             \
               2u * RNN_I_N(L) * RNN_I_N(D) * RNN_I_N(H)) +                    \
          RNN_I_N(T) * RNN_KEPT(cell) * RNN_I_N(Hd)))
#define RNN_I_DEC_STEP_(S, B, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, X,   \
                        Z, C, R, A, N)                                         \
    (RNN_I_N(B) * (RNN_I_N(F) + RNN_KEPT(cell) * RNN_I_N(Hd) +                 \
                   RNN_I_DEC_C(C, R) +                                         \
                   RNN_I_N(N) * (RNN_I_N(D) * RNN_I_N(H) +                     \
                                 RNN_I_DEC_A(A, Hd) + RNN_I_N(S))) +           \
     RNN_I_N(O))

/* ============================================================================
 * [API-MATH]  functions over vectors, random numbers
 * ========================================================================= */

/* y[i] = f(x[i]) for i < n; f is RNN_FN_... . y may be x. Within 2 ulp of the
 * true value (over all floats, in either arithmetic: exp 0.99, tanh 1.51,
 * sigmoid 1.46, log 0.84; tests/ulp.c measures them). exp overflows to
 * infinity, log 0 = -infinity, log of a negative number and sqrt of one are
 * NaN, NaN stays NaN. sqrt is correctly rounded. */
RNNRET rnn_status rnn_map(rnn_fn f, size_t n, const rnn_real *x, rnn_real *y,
                          const rnn_run *run);

/* A random generator: Threefry-2x32-20 (Salmon et al. 2011), a function of a
 * key and a counter, so it can be copied, split and continued from a file. */
typedef struct rnn_rng {
    uint32_t key[2];
    uint32_t count[2]; /* numbers drawn so far, low word first */
} rnn_rng;

RNNDEF void rnn_rng_seed(rnn_rng *rng, uint32_t seed);
RNNDEF uint32_t rnn_rng_next(rnn_rng *rng); /* 32 random bits              */
RNNDEF rnn_real rnn_uniform(rnn_rng *rng);  /* [0, 1), a multiple of 2^-24 */
RNNDEF rnn_real rnn_normal(rnn_rng *rng);   /* mean 0, variance 1          */
/* the block function itself: out = threefry(key, counter) */
RNNDEF void rnn_threefry(const uint32_t key[2], const uint32_t counter[2],
                         uint32_t out[2]);

/* ============================================================================
 * [API-LINEAR]  y = f(Wx + b): a layer alone, or an embedding table
 *
 * Of T*B rows, as a layer of a network over sequences has: seq gives steps,
 * batch, lengths and x or ids. Set steps = 1 for a plain batch. An embedding
 * table [V][E] is W with no_bias that reads ids: input_size V, output_size E.
 * ========================================================================= */

typedef struct rnn_linear {
    int input_size, output_size; /* I, O                                     */
    rnn_fn activation;           /* f: the first four                        */
    int no_bias;
} rnn_linear;

/* params: weight [I][O] (the transpose of PyTorch's Linear, and as PyTorch's
 * Embedding), then bias [O]. */
RNNRET rnn_status rnn_linear_size(const rnn_linear *lin, size_t *params,
                                  rnn_why *why);

/* The arrays of a pass, with their lengths; a call wants those that it names.
 * dx lies as x does, by the strides of seq if it has some, which must not let
 * steps overlap then; dx_len counts from its first number to its last. */
typedef struct rnn_linear_pass {
    const rnn_seq *seq;     /* x (T, B, I), or ids: x is one-hot             */
    const rnn_real *params;
    rnn_real *y;            /* (T, B, O)                                     */
    rnn_real *dy;           /* (T, B, O) in; after backward it is dz         */
    rnn_real *dx;           /* (T, B, I) or NULL; ids have none: RNN_E_ARG   */
    rnn_real *grads;        /* as params                                     */
    size_t params_len, y_len, dx_len; /* of params, grads; of y, dy; of dx   */
} rnn_linear_pass;

/* y = f(x W + b). On padding x counts as 0, so y = f(b) there. Reads params,
 * writes y. */
RNNRET rnn_status rnn_linear_forward(const rnn_linear *lin,
                                     const rnn_linear_pass *pass,
                                     const rnn_run *run);

/* dy becomes dz = dy * f'(z), in place, where y is what forward gave; dx =
 * dz W^T, 0 on padding, is written unless NULL. y may be dy if f is the
 * identity. Reads params, y, dy. */
RNNRET rnn_status rnn_linear_backward(const rnn_linear *lin,
                                      const rnn_linear_pass *pass,
                                      const rnn_run *run);

/* grads += x^T dz and sum of dz, over valid rows: dy is what backward has made
 * of it. Of a table there is nothing else to do, and backward may be left out.
 */
RNNRET rnn_status rnn_linear_grads(const rnn_linear *lin,
                                   const rnn_linear_pass *pass,
                                   const rnn_run *run);

/* ============================================================================
 * [API-ATTENTION]  which states of a source a step looks at
 *
 *     e_ij = score(s_i, h_j)    a_i = softmax over the valid j of e_ij
 *     c_i = sum_j a_ij h_j
 *
 * h (S, B, K) are the states of a source of S steps, s (T, B, Q) the queries:
 * in a decoder, its state before step i. As a block alone it reads any queries.
 * ========================================================================= */

/* The scores; 1 where one has the parameters W, U, v, and where its q is
 * divided by sqrt Q. Without W, q is s and must be as wide as a key. */
#define RNN_I_SCORES(X, a)                                                     \
    /*  name, in files           W  U  v  scaled */                            \
    X(a, NONE, "none",           0, 0, 0, 0)                                   \
    X(a, ADDITIVE, "additive",   1, 1, 1, 0)                                   \
      /* v . tanh(W s + U h): Bahdanau, Cho & Bengio 2014; W [Q][A], U [K][A], \
         v [A], no biases */                                                   \
    X(a, GENERAL, "general",     0, 1, 0, 0)                                   \
      /* s . (U h): Luong et al. 2015; U [K][Q] */                             \
    X(a, DOT, "dot",             0, 0, 0, 0)                                   \
      /* s . h, Q = K, no parameters: the same paper */                        \
    X(a, SCALED_DOT, "scaled_dot", 0, 0, 0, 1)                                 \
      /* s . h / sqrt Q: Vaswani et al. 2017 */

typedef enum rnn_score { RNN_I_SCORES(RNN_I_NAME, RNN_SCORE_) } rnn_score;
#define RNN_SCORES (0 RNN_I_SCORES(RNN_I_ONE, 0))

typedef struct rnn_attention {
    rnn_score score; /* one that is not RNN_SCORE_NONE                       */
    int query_size;  /* Q                                                    */
    int key_size;    /* K                                                    */
    int size;        /* A, of RNN_SCORE_ADDITIVE alone                       */
} rnn_attention;

/* How many numbers: params; keys, U h of all states, computed once per source;
 * work of forward, kept for backward and grads. */
RNNRET rnn_status rnn_attention_sizes(const rnn_attention *att,
                                      int source_steps, int steps, int batch,
                                      size_t *params, size_t *keys,
                                      size_t *work, rnn_why *why);

/* The arrays of a pass, with their lengths; a call wants those that it names.
 * Strides are RNN_E_ARG. */
typedef struct rnn_attention_pass {
    const rnn_seq *source; /* steps S, batch, lengths, x = h (S, B, K)       */
    const rnn_seq *seq;    /* steps T, the same batch, lengths of the queries,
                              x = s (T, B, Q)                                */
    const rnn_real *params;
    rnn_real *keys;        /* (S, B, A)                                      */
    rnn_real *attn;        /* (T, B, S) a, exactly 0 on padding              */
    rnn_real *context;     /* (T, B, K) c, 0 where no state is valid         */
    rnn_real *scores;      /* (T, B, S) e, 0 on padding; or NULL             */
    const rnn_real *dcontext; /* (T, B, K)                                   */
    const rnn_real *dattn; /* (T, B, S), or NULL: zeros                      */
    rnn_real *dh;          /* (S, B, K) out, 0 on padding; or NULL           */
    rnn_real *ds;          /* (T, B, Q) out, 0 on padding; or NULL           */
    rnn_real *grads;       /* as params                                      */
    rnn_real *work;
    size_t params_len, keys_len, work_len; /* of params, grads; keys; work   */
    size_t attn_len;       /* of attn, scores, dattn                         */
    size_t context_len;    /* of context, dcontext                           */
    size_t dh_len, ds_len;
} rnn_attention_pass;

/* Writes keys, attn, context, scores. Reads params, where the score has some.
 */
RNNRET rnn_status rnn_attention_forward(const rnn_attention *att,
                                        const rnn_attention_pass *pass,
                                        const rnn_run *run);

/* From dcontext and dattn back to dh and ds. Reads what forward has read and
 * written; leaves in work what grads wants. */
RNNRET rnn_status rnn_attention_backward(const rnn_attention *att,
                                         const rnn_attention_pass *pass,
                                         const rnn_run *run);

/* grads += the gradients of W, U and v, after backward. */
RNNRET rnn_status rnn_attention_grads(const rnn_attention *att,
                                      const rnn_attention_pass *pass,
                                      const rnn_run *run);

/* ============================================================================
 * [API-MODEL]  the wirings of the article
 *
 *     N vs N    x or ids -> stack -> head at every step
 *     N vs 1    the same, head at the last valid step alone, [forward's last;
 *               reverse's first] if bidirectional
 *     1 vs N    c = x, or q(x) -> decoder -> head at every step
 *     N vs M    source -> encoder -> c, or attention -> decoder -> head
 *
 * A decoder is a stack that reads [y_(t-1); c; c_t], each as far as the model
 * says: its previous output, the context c, attention's context c_t.
 * ========================================================================= */

#define RNN_I_WIRINGS(X, a)                                                    \
    X(a, N_TO_N, "n_to_n")                                                     \
    X(a, N_TO_1, "n_to_1")                                                     \
    X(a, 1_TO_N, "1_to_n")                                                     \
    X(a, N_TO_M, "n_to_m")

typedef enum rnn_wiring { RNN_I_WIRINGS(RNN_I_NAME, RNN_WIRING_) } rnn_wiring;
#define RNN_WIRINGS (0 RNN_I_WIRINGS(RNN_I_ONE, 0))

#define RNN_I_INPUTS(X, a)                                                     \
    X(a, DENSE, "dense")     /* x: I numbers a step */                         \
    X(a, ONE_HOT, "one_hot") /* ids below I; the first layer gathers rows */   \
    X(a, EMBEDDING, "embedding")                                               \
      /* ids below I through a table of embedding_size numbers */

typedef enum rnn_input { RNN_I_INPUTS(RNN_I_NAME, RNN_INPUT_) } rnn_input;
#define RNN_INPUTS (0 RNN_I_INPUTS(RNN_I_ONE, 0))

/* What the context c of N vs M is made of; q(r) = tanh(Q r + q) if the model
 * has a context_size, else r itself. Of several sources r is joined. */
#define RNN_I_CONTEXTS(X, a)                                                   \
    /* name, in files, each, memory                                            \
         each    1: r holds every state, N = source_steps of them              \
         memory  1: its functions read h or write dh; 0: final states alone */ \
    X(a, LAST, "last", 0, 0)                                                   \
      /* r = h_N, the last layer's final state: [forward; reverse] of two      \
         directions */                                                         \
    X(a, MEAN, "mean", 0, 1)                                                   \
      /* r = the mean of the last layer's valid states */                      \
    X(a, ALL, "all", 1, 1)                                                     \
      /* r = [h_1; ...; h_N], N = source_steps; zeros where a source is        \
         shorter, RNN_E_LENGTH where it is longer */

typedef enum rnn_context {
    RNN_I_CONTEXTS(RNN_I_NAME, RNN_CONTEXT_)
} rnn_context;
#define RNN_CONTEXTS (0 RNN_I_CONTEXTS(RNN_I_ONE, 0))

/* How c enters the decoder: these may be or-ed. */
enum {
    RNN_FEED_STATE = 1, /* h_0 of layer 0; the others start at zero          */
    RNN_FEED_FIRST = 2, /* an input of the first step, zeros later           */
    RNN_FEED_EACH = 4   /* an input of every step                            */
};

/* What else the encoder hands over. */
enum {
    RNN_HAND_CELL = 1,  /* LSTM's final cell state, as c_0 of layer 0; nothing
                           of the other cells                                */
    RNN_HAND_LAYERS = 2 /* every layer's final state to the decoder's layer,
                           in place of RNN_FEED_STATE                        */
};

#define RNN_MAX_SOURCES 2

typedef struct rnn_model {
    rnn_wiring wiring;
    rnn_cell cell;
    rnn_input input;
    int input_size;     /* I                                                */
    int embedding_size; /* E, with RNN_INPUT_EMBEDDING                      */
    int hidden_size;    /* H                                                */
    int num_layers;     /* L; 0 means 1                                     */
    int bidirectional;  /* 1: a second set of cells reads from the end; D = 2 */
    int no_bias;        /* of the stacks; the head always has one           */
    int output_size;    /* O: logits a step; 0: without a head, whose input is
                           what comes out: states (T, B, D*H), for a head or a
                           loss of your own                                 */
    rnn_real dropout;      /* probability, between layers, training only    */
    rnn_real dropout_last; /* of what the head reads of the stack           */

    /* The rest is of 1 vs N and N vs M alone. There input, input_size and
     * embedding_size are those of the source, hidden_size, num_layers and
     * bidirectional those of the encoder, which 1 vs N has not. */
    rnn_input target;   /* as what the decoder reads its previous output:
                           0 .. target_size - 1, or                         */
    int target_size;    /* this many numbers; 0: it does not read it        */
    int target_embedding_size;
    int decoder_hidden_size; /* 0 means hidden_size                         */
    int decoder_layers; /* 0 means num_layers                               */
    rnn_context context;
    int source_steps;   /* N, of RNN_CONTEXT_ALL                            */
    int context_size;   /* C: outputs of q; 0: without q                    */
    unsigned feed;      /* RNN_FEED_STATE | ...; 0 means RNN_FEED_STATE, and
                           with attention: c is not used, h_0 is zero       */
    unsigned hand_over; /* RNN_HAND_CELL | RNN_HAND_LAYERS                  */
    rnn_score attention; /* its c_t joins the decoder's input; the query is the
                           state of its last layer before the step          */
    int attention_size; /* A, of RNN_SCORE_ADDITIVE                         */
    int head_context;   /* 1: the head reads [s_t; c_t], [s_t; c] without
                           attention                                        */
    int num_sources;    /* 0 means 1; 2: two encoders alike in size, each
                           with weights, and attention, of its own          */
} rnn_model;

/* ---- the plan: everything is laid out once ------------------------------- */

/* Copies of the weights in the order in which kernels read them.
 *
 * BF16 copies are bfloat16: the upper 16 bits of a float, rounded to nearest,
 * ties to even; NaN stays NaN. Products multiply what a copy says by x and h in
 * float and sum up in float, so every kernel gives the same bits: those of
 * weights that have been rounded before. A step of one row is as quick as its
 * weights are read, and takes about half as long where they fill caches; many
 * rows at a time take longer than with floats. W_ih and W_hh of stacks are
 * copied. The rest is read from weights as ever: tables, rows of W_ih that a
 * one-hot input picks, biases, attention, heads; and all before rnn_pack.
 * Columns are rounded up to 64, and scratch has 8,208 numbers more where many
 * rows are read at a time. A plan with RNN_DOUBLE is RNN_E_UNSUPPORTED. */
typedef enum rnn_packing {
    RNN_PACK_FLOAT = 0,
    RNN_PACK_NONE, /* none, and no room for copies of other factors: the least
                      memory; slower on batches, the same bits */
    RNN_PACK_BF16  /* in half the bytes, for use alone (train is 0) */
} rnn_packing;

enum { RNN_KEEP_LEAST = -1 }; /* keep_every: the k with which training takes
                                 the least memory, about sqrt T             */

/* What a plan is for, at most; calls may use less.
 *
 * With keep_every = k a pass goes through its sequences in windows of k steps,
 * on arrays for one window, and training keeps the state where each begins;
 * backward computes the windows once more from there, from the last on (Chen et
 * al. 2016). All results have the same bits; a training step takes one forward
 * pass more, and keep and scratch hold k steps and T / k states in place of T.
 * Of all steps there are still the caller's arrays, logits, memories, and in
 * training attention's weights, the gradients of contexts and, with
 * RNN_FEED_EACH, dz of one layer. A stack of two directions keeps every state,
 * as one begins where the other ends. rnn_sizes has the numbers of each k. */
typedef struct rnn_most {
    int steps, batch; /* T, B; 0 means 1                                    */
    int source_steps; /* S, of every source; 0 means 1                      */
    int rows;         /* of one step: streams, hypotheses (B * width of a beam
                         search); 0 means batch                             */
    int tokens;       /* that one beam search writes; 0: there is none      */
    int train;        /* 1: forward and backward                            */
    int moments;      /* arrays that an optimiser keeps: Adam 2             */
    rnn_packing packed;
    int keep_every;   /* k: training memory against time, see above; 0 or 1:
                         every state is kept                                */
} rnn_most;

/* How many numbers (ints for `ints`) each array of a rnn_work holds. */
typedef struct rnn_sizes {
    size_t params;  /* weights, grads, and each of the moments               */
    size_t moments; /* all of them                                           */
    size_t state;   /* each of h0, c0, hn, cn, and their gradients, of the
                       stack in front of the head: (L*D, B, H)               */
    size_t source_state; /* the same of each encoder                         */
    size_t packed, logits, keep, scratch, memory, ints;
    size_t step;    /* what rnn_step alone needs of scratch                  */
    size_t all;     /* what rnn_bind places if no array is set               */
} rnn_sizes;

/* A plan: plain data, the caller's, const once it is made. Any number of
 * threads may use it, each with a rnn_work of its own. */
typedef struct rnn_net {
    rnn_model model;
    rnn_most most;
    rnn_sizes sizes;
    uint32_t id; /* of model and most: what stamps are compared with */
    rnn_why why; /* why rnn_plan refused: all that it then writes    */
} rnn_net;

/* Checks the description and says every size. most NULL: one step of one row.
 * RNN_E_SIZE: a size is out of its range, or too large for this machine.
 * RNN_E_ARG: fields contradict one another, or one is set that the wiring, or
 * what other fields say, leaves without a meaning. net->why says which. */
RNNRET rnn_status rnn_plan(rnn_net *net, const rnn_model *model,
                           const rnn_most *most);

/* ---- the arrays, each with one lifetime ---------------------------------- */

/* What lies behind rnn_work: the library's, and declared only so that it can be
 * in a struct of the caller's. [STACK], [ATTENTION] and [MODEL] say what it is.
 */
typedef struct rnn_i_part { /* an input of a layer, beside others */
    const rnn_real *x; /* (T, B, row), of which width count; NULL: seq->ids */
    size_t width, row, step; /* numbers from row to row, from step to step;
                                step 0: B*row                               */
    int fixed;         /* 1: x is (B, row), the same at every step          */
    int when;          /* at every step, at step 0, or at none              */
    rnn_real *dx;      /* where its gradient goes, like x, or NULL          */
    int add;           /* 1: added to what is there                         */
} rnn_i_part;
#define RNN_I_PARTS 4

typedef struct rnn_i_stack { /* the description of a stack */
    int cell, input_size, hidden_size, num_layers, bidirectional, no_bias;
    rnn_real dropout, dropout_last;
} rnn_i_stack;

typedef struct rnn_i_lay { /* a stack: its sizes and its arrays */
    int cell, train, bias;
    int drop;              /* 1: dropout is active                           */
    int packed, strips;    /* there are copies of the weights: of their
                              transposes for backward, and of themselves     */
    int half;              /* the latter in halves: RNN_PACK_BF16            */
    const struct rnn_i_cell *row;
    size_t I, H, L, D, G, K, C, P, T, B;
    size_t ih0, ih, hh;    /* numbers of a copy of W_ih of layer 0 and above,
                              and of W_hh                                    */
    size_t state;          /* B*H                                            */
    size_t z_size, s_size; /* of one layer and direction: z; h or c          */
    size_t masks;          /* layers whose output dropout masks              */
    size_t carry;          /* dh and dc of a layer lie this far behind those of
                              the layer below; 0: all layers share one       */
    rnn_real *z, *h, *c;   /* of all layers, see rnn_i_layer_of              */
    rnn_real *dh, *dc;     /* (B, H); dc is dq of a cell that has q          */
    rnn_real *dy;          /* (T, B, D*H)                                    */
    rnn_real *masked;      /* (T, B, D*H) per layer with dropout             */
    rnn_real *wt, *ws;     /* those copies                                   */
    uint32_t first_mask;   /* of dropout: the number of layer 0, so that
                              encoder and decoder draw other masks           */
    rnn_i_part in[RNN_I_PARTS]; /* what layer 0 reads                        */
    int ins;
} rnn_i_lay;

typedef struct rnn_i_side { /* a stack, and the table in front of it */
    rnn_i_stack stack;
    rnn_i_lay y;
    int input;
    rnn_real drop_last;  /* of the last state, N vs 1                */
    size_t I, E, reads;  /* of the input; what the stack reads of it */
    size_t table, rnn;   /* offsets in params                        */
    rnn_real *x, *dx;    /* (steps, B, E): the rows of the table     */
    size_t windows;      /* of a pass: 1, or more with keep_every    */
    size_t begins;       /* the same in training; else 1: one place  */
    rnn_real *h0, *c0;   /* (begins, L, B, H) where windows begin    */
} rnn_i_side;

typedef struct rnn_i_att { /* attention: sizes, offsets in its parameters */
    const struct rnn_i_score *row;
    size_t Q, K, A;
    size_t U, v, params; /* W is at 0 */
} rnn_i_att;

typedef struct rnn_i_look { /* attention at work: all its arrays */
    rnn_i_att a;
    const rnn_seq *source, *seq;
    const rnn_real *params;
    rnn_real *W_t, *U_t;           /* W and U transposed, or NULL             */
    rnn_i_part s, h;               /* queries s, and memory h over source     */
    rnn_real *keys, *query;        /* (S, B, A), (T, B, A): k and q           */
    rnn_real *attn, *context;      /* (T, B, S), (T, B, K)                    */
    const int *from;               /* the source's row of a row, or NULL      */
    rnn_real *de, *dkeys, *dquery; /* (B, S), (S, B, A), (T, B, A)            */
    rnn_real *dv;                  /* (B, A)                                  */
    const rnn_real *dattn;         /* (T, B, S), or NULL                      */
    rnn_real *dcontext;            /* (T, B, K)                               */
} rnn_i_look;

typedef struct rnn_i_source {
    rnn_i_side side;     /* the encoder                              */
    size_t S, att;       /* steps; offset in params of attention     */
    rnn_i_look look;
    rnn_real *attn, *dcontext; /* of all T steps: look's, of a window  */
    rnn_real *memory;    /* (S, B, K) the encoder's states           */
    rnn_real *dmemory;
    rnn_real *dhn, *dcn; /* (L*D, B, H) of the encoder               */
} rnn_i_source;

typedef struct rnn_i_model {
    rnn_why *why;         /* where its checks say what is wrong, or NULL     */
    int decoder, given;   /* whether there is one; whether c is x itself     */
    int n_to_1, sources, context, attention;
    unsigned feed, hand;
    int uses_c, q, keeps; /* whether there is a c, a q, a memory             */
    rnn_i_side top;
    rnn_i_source source[RNN_MAX_SOURCES];
    int windows;          /* whether a side has several: keep_every          */
    size_t T, B, O, W, Z; /* the head reads W of the top and Z besides       */
    size_t Y;             /* width of what comes out: O, or W + Z            */
    size_t K, R, C;       /* widths: states of all encoders; r; c            */
    size_t bridge, head, params; /* offsets in params                        */
    rnn_real *r, *c;      /* (B, R), (B, C): the context before and after q  */
    rnn_real *dr, *dc;
    rnn_real *dz;         /* (T, B, K*H) of layer 0, where dc is made of all */
    rnn_real *last;       /* (B, W) what the head of N vs 1 reads            */
    rnn_real *dlast, *dhn;
    rnn_real *fed;        /* (B, C) the context of each row of a step        */
    rnn_real *sorted;     /* (O) what a draw sorts                           */
    rnn_real *head_t, *bridge_t; /* transposed copies                        */
    rnn_real *room;       /* for copies of factors, and panels of halves     */
    size_t room_len;
    int packed;           /* there is room for copies                        */
} rnn_i_model;

typedef struct rnn_i_open { /* a work: the plan with arrays; its last call */
    const rnn_net *net;
    uint32_t id;        /* of that plan, when it was bound                */
    const rnn_real *packed; /* where the copies are                       */
    const rnn_real *params; /* if rnn_bind has made weights these         */
    rnn_i_model m;
    int pass;           /* what its arrays are handed out for             */
    int out;            /* the pass whose logits are there, and its sizes */
    int out_steps, out_batch;
    uint32_t out_lengths; /* a hash of each row's steps                   */
    size_t taken;       /* of scratch                                     */
    int own, fixed;     /* scheduled sampling; parts known beforehand     */
    int grads;          /* backward has written them since the last step  */
    /* RNN_CHECK: hashes of where params, keep, scratch and memory were at
     * rnn_bind; of what forward has read of weights, x and ids; of the weights
     * of rnn_encode */
    uint32_t places[4], weights, read, encoded;
    uint32_t spent;     /* of the gradients that a step has used; 0: none */
    int lost;           /* a loss has written dlogits                     */
    uint32_t stale;     /* RNN_CHECK: a hash of dlogits that a loss wrote
                           before the last forward; 0: there are none     */
    const rnn_seq *seq; /* the caller's                                   */
    rnn_seq some;       /* the same, or a window of it                    */
    rnn_seq tokens;     /* that with the tokens that are read             */
    rnn_seq inner;      /* what the top's stack reads                     */
    rnn_seq source[RNN_MAX_SOURCES], encoder[RNN_MAX_SOURCES];
    int seen[RNN_MAX_SOURCES], rows; /* sources in memory: steps; batch   */
    const int *seen_lengths[RNN_MAX_SOURCES];
    uint32_t seen_hash[RNN_MAX_SOURCES];
} rnn_i_open;

/* The arrays of one training loop, or of one thread that uses a model. Zero it,
 * set the arrays that are yours and their lengths, and call rnn_bind, which
 * finds a place for the others. Copy none while it is in use. */
typedef struct rnn_work {
    const rnn_real *weights; /* what calls compute with: an array in flash, say;
                                NULL: rnn_bind sets params                   */
    rnn_real *params;  /* the model                                          */
    rnn_real *grads;   /* like params: from backward to the optimiser        */
    rnn_real *moments; /* the optimiser's                                    */
    rnn_real *packed;  /* from rnn_pack until params change, or a forward    */
    rnn_real *logits;  /* what comes out: until the next call                */
    rnn_real *dlogits; /* their gradients: from a loss to backward. May be
                          logits, where memory is short; then no call may come
                          between the two                                    */
    rnn_real *keep;    /* from forward to backward: no other call writes it  */
    rnn_real *scratch; /* dead after every call                              */
    rnn_real *memory;  /* of a decoder's sources: from rnn_encode on         */
    int *ints;         /* of a beam search: dead after the call              */
    size_t weights_len, params_len, grads_len, moments_len, packed_len;
    size_t logits_len, dlogits_len, keep_len, scratch_len, memory_len, ints_len;
    const rnn_run *run; /* NULL: one thread, the best kernel; may change     */
    rnn_why why;        /* why the last call refused                         */
    rnn_i_open i;       /* the library's                                     */
} rnn_work;

/* Ties work to a plan: arrays that are set must be as long as the plan's sizes,
 * but scratch, of which each call says whether it is enough; the others get a
 * place in `memory` (len numbers, any alignment), each at a cache line. What is
 * placed is not cleared; stamps begin. `ints` is never placed. net must stay
 * where it is, and as it is. From then on run, ints, weights, moments, logits,
 * dlogits and grads may point elsewhere: set their lengths, too, since a call
 * checks those of the arrays that it uses. To change another array, bind again
 * before the next pass; weights that bind has set to params follow them. */
RNNRET rnn_status rnn_bind(const rnn_net *net, rnn_work *work, rnn_real *memory,
                           size_t len);

/* Copies the weights into work->packed, where rnn_infer, rnn_encode, rnn_step
 * and what writes with it read them from then on, until the next forward pass
 * on it. Without such copies they read the weights themselves, which takes
 * longer; the bits are the same, but of RNN_PACK_BF16. Call it again whenever
 * the weights have changed. Several works that infer may share one packed
 * array, if all are bound before; one that trains needs its own, since backward
 * reads what its forward pass has copied there. A stamp says of which plan they
 * are and where they lie: what has been moved, or belongs to another plan, is
 * RNN_E_ORDER. */
RNNRET rnn_status rnn_pack(const rnn_net *net, rnn_work *work);

/* ---- calls --------------------------------------------------------------- */

/* Training: logits (T, B, O), of N vs 1 (B, O), and in keep what backward
 * reads. On padding the logits are the head's bias; of N vs 1 those of a row
 * without a step are the head of its h0. seq, and what it points to, must stay
 * as it is up to backward. RNN_E_ARG: the plan is not for training. */
RNNRET rnn_status rnn_forward(const rnn_net *net, rnn_work *work,
                              const rnn_seq *seq);

/* The same without dropout, own_rate and backward; keep is not touched. */
RNNRET rnn_status rnn_infer(const rnn_net *net, rnn_work *work,
                            const rnn_seq *seq);

/* Back from dlogits (as logits), taken as they stand: a loss of this library
 * has written them, or you have. To grads, and to what flow (NULL: nothing)
 * asks for; its dx only with RNN_INPUT_DENSE. With a decoder, dx is the
 * gradient of its previous outputs, and dh0 that of the state where it starts,
 * also if it was made of the context; the gradients of the sources are in
 * flow->source (of 1 vs N dx (1, B, I)). Where strides let steps of x overlap
 * there is no dx: RNN_E_ARG. RNN_E_ORDER: keep does not hold a
 * forward pass by this plan with these steps, batch, strides, lengths, seed,
 * fresh, first step and row, and own_rate; or backward has been there
 * already. */
RNNRET rnn_status rnn_backward(const rnn_net *net, rnn_work *work,
                               const rnn_seq *seq, const rnn_flow *flow);

/* One time step of some rows. */
typedef struct rnn_row {
    int rows;          /* 0 means the plan's                                 */
    const rnn_real *x; /* (rows, I), or NULL with ids                        */
    const int *ids;    /* (rows)                                             */
    const unsigned char *fresh; /* (rows) 1: starts from zeros; NULL: none   */
    /* of a decoder, where x or ids are its previous outputs */
    int t;             /* 0, 1, ...                                          */
    const int *from;   /* (rows) each one's row of the sources; NULL: its own
                          number                                             */
    rnn_real *attn;    /* out: the weights (rows, S) of each source in turn, or
                          NULL                                               */
    size_t x_len, state_len, attn_len; /* of x; of each of h, c; of attn     */
} rnn_row;

/* One step: h, c (L, rows, H) updated in place, c read by LSTM alone; logits
 * (rows, O). For ever, in constant memory, and bit for bit what infer computes.
 * Of N vs 1 the logits are those if the sequence ended here. A decoder's rows
 * are hypotheses: each names the row of the sources that it belongs to, which
 * rnn_encode has read, so that several share one memory. */
RNNRET rnn_status rnn_step(const rnn_net *net, rnn_work *work,
                           const rnn_row *row, rnn_real *h, rnn_real *c);

/* num_sources sequences of B rows into memory, and where the decoder starts
 * into h, c (L, B, H). source[i].h0 is its encoder's. Their lengths are read by
 * every step, and must stay. */
RNNRET rnn_status rnn_encode(const rnn_net *net, rnn_work *work,
                             const rnn_seq *source, rnn_real *h, rnn_real *c);

/* What forward has kept of a pass; RNN_E_ORDER as in backward, after which it
 * can still be looked at. NULL where a model has none, and context where the
 * decoder went through windows (keep_every). */
typedef struct rnn_view {
    const rnn_real *h0, *c0; /* (L, B, H) where a decoder starts             */
    const rnn_real *c;       /* (B, C) its context                           */
    struct {
        const rnn_real *memory;    /* (S, B, K) its states; attention and the
                                      contexts that read them all            */
        const rnn_real *attention; /* (T, B, S) a_ij                         */
        const rnn_real *context;   /* (T, B, K) c_i                          */
    } source[RNN_MAX_SOURCES];
} rnn_view;
RNNRET rnn_status rnn_view_model(const rnn_net *net, rnn_work *work,
                                 const rnn_seq *seq, rnn_view *view);

/* The same of layer l in direction d (0 forward, 1 reverse) of the stack in
 * front of the head (which = 0), or of the encoder of source which - 1.
 * RNN_E_UNSUPPORTED of a stack that went through windows. */
typedef struct rnn_layer_view {
    const rnn_real *h;     /* (T, B, H) h_t; valid steps only               */
    const rnn_real *c;     /* (T, B, H) c_t of cells that have c, else NULL */
    const rnn_real *gates; /* (T, B, K*H) after forward: LSTM i f g o; GRU
                              r z q n, q = U_n h + b_hn (reset before: r h);
                              after backward: their gradients               */
} rnn_layer_view;
RNNRET rnn_status rnn_view_layer(const rnn_net *net, rnn_work *work,
                                 const rnn_seq *seq, int which, int layer,
                                 int direction, rnn_layer_view *view);

/* Parameter i of a model, i = 0, 1, ...; RNN_E_END after the
 * last. Element (r, c) of PyTorch's tensor is params[offset + c*rows + r] in a
 * matrix of ours; in a vector, and in the embedding table, PyTorch's order is
 * ours: transposed is 0. */
typedef struct rnn_tensor {
    char name[40];      /* PyTorch's: rnn.weight_ih_l0, out.bias, ...       */
    int rows, cols;     /* PyTorch's shape; cols = 0 in a vector            */
    int transposed;     /* 1: stored [cols][rows]                           */
    int fan;            /* the n of PyTorch's initialiser U(-1/sqrt n, ...);
                           0: N(0, 1)                                       */
    size_t offset, size;
} rnn_tensor;
RNNRET rnn_status rnn_model_tensor(const rnn_model *model, int i,
                                   rnn_tensor *tensor, rnn_why *why);

/* ============================================================================
 * [API-FIRMWARE]  functions of one model, which the compiler folds
 *
 * For a model that the compiler knows (N vs N, N vs 1; further down N vs M with
 * attention, and steps in whole numbers), in the file that has the
 * implementation: no plan, no status, nothing to check, and of the library
 * nothing is linked but what this one cell takes. The bits are those of
 * rnn_step, and of rnn_forward and rnn_backward of one row; the kernel is plain
 * C, or that of a target that has but one (Helium, SIMD128). D must be 1;
 * lengths, strides and dropout are not there.
 *
 *     #define NET RNN_CELL_GRU, 3, 0, 16, 1, 1, 1, 4      -- as in [API-SIZES]
 *     RNN_DEFINE_STEP(step, NET)
 *     RNN_DEFINE_FORWARD(forward, RNN_WIRING_N_TO_1, NET)
 *     RNN_DEFINE_BACKWARD(backward, RNN_WIRING_N_TO_1, NET)
 *
 *     step(params, x, NULL, h, c, logits, scratch);
 *     forward(params, &seq, keep, logits);
 *     backward(params, &seq, dlogits, keep, grads, scratch, add);
 *
 * A loss between the two is rnn_cross_entropy_rows or another ..._rows, what
 * comes behind them rnn_optimizer_step_array.
 * ========================================================================= */

/* static void step(const rnn_real *params, const rnn_real *x, const int *id,
 * rnn_real *h, rnn_real *c, rnn_real *logits, rnn_real *scratch) of one row. x
 * NULL: token *id, below I, one-hot or through the table. h, c (L, H) in place;
 * c NULL unless LSTM, logits NULL if O is 0; scratch is RNN_SCRATCH_STEP(1,
 * NET) numbers long. With RNN_WEIGHT params may be where other instructions
 * read, PROGMEM on AVR, but not those of a peephole LSTM. */
#define RNN_DEFINE_STEP(name, ...)                                             \
    RNN_I_DEFINE_STEP_(name, RNN_I_FIXED(RNN_WIRING_N_TO_N, __VA_ARGS__))

/* static void forward(const rnn_real *params, const rnn_seq *seq, rnn_real
 * *keep, rnn_real *logits) over seq->steps, 1 or more, of one row: logits (T,
 * O), of RNN_WIRING_N_TO_1 (O); NULL if O is 0, and the states are in keep. Of
 * seq it reads steps, x (T, I) or, where that is NULL, ids (T), and h0, c0, hn,
 * cn (L, H), which may be NULL. keep has RNN_FOLDED_KEEP(T, NET) numbers. */
#define RNN_DEFINE_FORWARD(name, wiring, ...)                                  \
    RNN_I_DEFINE_FORWARD_(name, RNN_I_FIXED(wiring, __VA_ARGS__))

/* static void backward(const rnn_real *params, const rnn_seq *seq, const
 * rnn_real *dlogits, rnn_real *keep, rnn_real *grads, rnn_real *scratch, int
 * add) behind forward of the same seq, which uses keep up. dlogits are as
 * logits, with O 0 the gradients of the top layer's states. grads
 * (RNN_PARAMS(NET)) is overwritten, or with add 1 added to: the sequences of a
 * batch one by one. scratch has RNN_FOLDED_SCRATCH(NET) numbers. */
#define RNN_DEFINE_BACKWARD(name, wiring, ...)                                 \
    RNN_I_DEFINE_BACKWARD_(name, RNN_I_FIXED(wiring, __VA_ARGS__))

/* An encoder-decoder (N vs M) of one source, NET as of RNN_DECODER_PARAMS with
 * D and N 1; score is the model's attention, hand its hand_over. Of contexts
 * there is the last state, fed as the state at which the decoder begins
 * (RNN_FEED_STATE, the default without attention). V is 1 or more.
 *
 *     #define NET RNN_CELL_GRU, 9, 0, 16, 1, 1, 1, 7,                         \
 *                 7, 0, 16, 1, 16, 16, 0, 0, 8, 1
 *     RNN_DEFINE_ENCODE(encode, RNN_SCORE_ADDITIVE, RNN_HAND_LAYERS, NET)
 *     RNN_DEFINE_DECODE(decode, RNN_SCORE_ADDITIVE, RNN_HAND_LAYERS, NET)
 *
 *     encode(params, &source, memory, h, c, scratch);
 *     decode(params, memory, source.steps, &row, h, c, logits, scratch);
 *
 * The bits are those of rnn_encode and rnn_step. */

/* static void encode(const rnn_real *params, const rnn_seq *source, rnn_real
 * *memory, rnn_real *h, rnn_real *c, rnn_real *scratch). Of source it reads
 * steps S, x (S, I) or, where that is NULL, ids (S), h0 and c0 (L, H) or NULL.
 * memory has RNN_DECODER_MEMORY(S, 1, NET) numbers, and is not touched without
 * attention. h, c (Ld, Hd) are where the decoder begins; c NULL unless LSTM. */

/* static void decode(const rnn_real *params, const rnn_real *memory, int S,
 * const rnn_row *row, rnn_real *h, rnn_real *c, rnn_real *logits, rnn_real
 * *scratch): one step of one row, h, c in place. Of row it reads x (V) or,
 * where that is NULL, ids (1), and attn, which gets the S weights unless NULL.
 * logits (O) are not touched if O is 0. scratch of both has
 * RNN_FOLDED_SCRATCH_DECODER(S, NET) numbers. */
#define RNN_DEFINE_ENCODE(name, score, hand, ...)                              \
    RNN_I_DEFINE_ENCODE_(name, RNN_I_FITS(score, hand, __VA_ARGS__),           \
                         RNN_I_PAIR(score, hand, __VA_ARGS__))
#define RNN_DEFINE_DECODE(name, score, hand, ...)                              \
    RNN_I_DEFINE_DECODE_(name, RNN_I_FITS(score, hand, __VA_ARGS__),           \
                         RNN_I_PAIR(score, hand, __VA_ARGS__))

/* static rnn_status search(const rnn_real *params, const rnn_real *memory, int
 * S, const rnn_writing *how, rnn_search *s): rnn_beam_search of one source,
 * by steps of `decode`, which RNN_DEFINE_DECODE has made of this NET.
 * Of how it reads what beams have, but no lengths, and checks nothing.
 *
 *     RNN_DEFINE_BEAM(search, decode, NET) */
#define RNN_DEFINE_BEAM(name, decode, ...)                                     \
    RNN_I_DEFINE_BEAM_(name, decode, __VA_ARGS__)

/* the arrays of a search, in [BEAM] */
typedef struct rnn_i_beam {
    const struct rnn_writing *d;
    size_t rows, width, O, H, L, max; /* max: tokens of a hypothesis   */
    const rnn_real *logits;           /* (rows, O)                     */
    rnn_real *h, *c, *h2, *c2;        /* (L, rows, H)                  */
    rnn_real *p, *p2;                 /* (rows) log p                  */
    rnn_real *done_p;                 /* (rows) scores of what ended   */
    rnn_real *cand;                   /* (width) log p of extensions   */
    int *ck, *cv;                     /* (width) of which, by which    */
    int *ids, *from;                  /* (rows) last tokens; sources   */
    int *tokens, *tokens2, *done;     /* (rows, max)                   */
    int *done_n;                      /* (rows) tokens of what ended   */
    int *live, *ended;                /* (B) how many                  */
    size_t work, ints;
} rnn_i_beam;

typedef struct rnn_search {
    const rnn_real *h, *c; /* (Ld, Hd) from encode; c NULL unless LSTM       */
    rnn_real *scratch;     /* RNN_FOLDED_SCRATCH_BEAM(width, S, NET)         */
    int *ints;             /* RNN_FOLDED_INTS_BEAM(width, max_tokens)        */
    int *ids, *counts;     /* (best, max_tokens), (best), as of the function */
    rnn_real *scores;      /* (best), or NULL                                */
    rnn_i_beam i;          /* the library's                                  */
} rnn_search;

/* z of T steps, h and perhaps c of T + 1; dh, and dc or dq, and a dx; of a
 * decoder c_t, q, v, e and z, of an encoder h, c and z, and a row of a table */
#define RNN_FOLDED_KEEP(T, ...) RNN_I_FOLDED_KEEP_(T, __VA_ARGS__)
#define RNN_FOLDED_SCRATCH(...) RNN_I_FOLDED_SCRATCH_(__VA_ARGS__)
#define RNN_FOLDED_SCRATCH_DECODER(S, ...)                                     \
    RNN_I_FOLDED_DECODER_(S, __VA_ARGS__)
#define RNN_FOLDED_SCRATCH_BEAM(width, S, ...)                                 \
    RNN_I_FOLDED_BEAM_(width, S, __VA_ARGS__)
#define RNN_FOLDED_INTS_BEAM(width, max_tokens)                                \
    (RNN_I_N(width) * (3u * RNN_I_N(max_tokens) + 5u) + 2u)
#define RNN_I_FOLDED_KEEP_(T, cell, I, E, H, L, D, bias, O)                    \
    (RNN_I_N(L) * RNN_I_N(H) *                                                 \
     (RNN_KEPT(cell) * RNN_I_N(T) +                                            \
      (1u + RNN_HAS_C(cell)) * (RNN_I_N(T) + 1u)))
#define RNN_I_FOLDED_SCRATCH_(cell, I, E, H, L, D, bias, O)                    \
    (RNN_I_N(L) * RNN_I_N(H) * (1u + RNN_HAS_DC(cell)) +                       \
     RNN_I_GREATER(RNN_I_N(H), RNN_I_N(E)))

#define RNN_I_FOLDED_DECODER_(S, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld,   \
                              X, Z, C, R, A, N)                                \
    RNN_I_GREATER(RNN_I_N(H) * (2u * RNN_I_N(L) + RNN_KEPT(cell)) +            \
                      RNN_I_N(E),                                              \
                  RNN_I_N(H) + 2u * RNN_I_N(A) + RNN_I_N(S) +                  \
                      RNN_KEPT(cell) * RNN_I_N(Hd) + RNN_I_N(F))

/* logits, h and c twice, p twice, scores, candidates */
#define RNN_I_FOLDED_BEAM_(width, S, cell, I, E, H, L, D, bias, O, V, F, Hd,   \
                           Ld, ...)                                            \
    (RNN_FOLDED_SCRATCH_DECODER(S, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, \
                                __VA_ARGS__) +                                 \
     RNN_I_N(width) * (RNN_I_N(O) + 4u * RNN_I_N(Ld) * RNN_I_N(Hd) + 4u))
#define RNN_I_DEFINE_BEAM_(name, decode, cell, I, E, hidden, L, D, bias,       \
                           outputs, V, F, Hd, Ld, ...)                         \
    static rnn_status name(const rnn_real *rnn_i_params,                       \
                           const rnn_real *rnn_i_memory, int rnn_i_steps,      \
                           const rnn_writing *rnn_i_how, rnn_search *rnn_i_to) \
    {                                                                          \
        rnn_i_beam *rnn_i_at = &rnn_i_to->i;                                   \
        rnn_row rnn_i_of_row;                                                  \
        int rnn_i_t, rnn_i_k;                                                  \
        rnn_i_of_row.x = NULL;                                                 \
        rnn_i_of_row.attn = NULL;                                              \
        rnn_i_fixed_begin(rnn_i_to, rnn_i_how, outputs,                        \
                          RNN_I_N(Ld) * RNN_I_N(Hd));                          \
        for (rnn_i_t = 0; rnn_i_at->live[0] > 0; rnn_i_t++) {                  \
            for (rnn_i_k = 0; rnn_i_k < rnn_i_at->live[0]; rnn_i_k++) {        \
                rnn_i_of_row.ids = rnn_i_at->ids + rnn_i_k;                    \
                decode(rnn_i_params, rnn_i_memory, rnn_i_steps, &rnn_i_of_row, \
                       rnn_i_fixed_state(rnn_i_to, rnn_i_at->h, rnn_i_k),      \
                       rnn_i_fixed_state(rnn_i_to, rnn_i_at->c, rnn_i_k),      \
                       rnn_i_to->scratch + (size_t)rnn_i_k * (outputs),        \
                       rnn_i_to->scratch + rnn_i_at->work);                    \
            }                                                                  \
            rnn_i_fixed_next(rnn_i_to, rnn_i_t);                               \
        }                                                                      \
        return rnn_i_fixed_found(rnn_i_to);                                    \
    }

#define RNN_I_PAIR(...) RNN_I_PAIR_(__VA_ARGS__)
#define RNN_I_PAIR_(score, hand, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld,   \
                    X, Z, C, R, A, N)                                          \
    {{RNN_WIRING_N_TO_M, cell, I, E, H, L, 0, bias, 0, 0},                     \
     {RNN_WIRING_N_TO_M, cell, V, F, Hd, Ld, O, bias, X, Z},                   \
     score, hand, A, R, C}
/* whether it is a model that can be folded; else 1 / 0, which is none */
#define RNN_I_FITS(...) RNN_I_FITS_(__VA_ARGS__)
#define RNN_I_FITS_(score, hand, cell, I, E, H, L, D, bias, O, V, F, Hd, Ld, X,\
                    Z, C, R, A, N)                                             \
    (1 / ((D) == 1 && (N) == 1 && (V) > 0 && (X) == ((A) ? (H) : 0) &&         \
          ((Z) == 0 || ((A) && (Z) == (H))) &&                                 \
          ((score) == 0 || (score) == RNN_SCORE_ADDITIVE || (A) == (Hd)) &&    \
          ((score) == 0) == ((A) == 0) && ((R) == 0 || (R) == (H)) &&          \
          ((C) == 0 || ((R) && (C) == (Hd))) &&                                \
          ((H) == (Hd) || ((hand) == 0 && ((R) == 0 || (C) != 0) &&            \
                           (score) < RNN_SCORE_DOT)) &&                        \
          ((L) == (Ld) || ((hand) & RNN_HAND_LAYERS) == 0)))
#define RNN_I_DEFINE_ENCODE_(name, fits, ...)                                  \
    RNN_I_FOLDED void name(const rnn_real *rnn_i_params,                       \
                           const rnn_seq *rnn_i_of_source,                     \
                           rnn_real *rnn_i_memory, rnn_real *rnn_i_h,          \
                           rnn_real *rnn_i_c, rnn_real *rnn_i_scratch)         \
    {                                                                          \
        enum { rnn_i_fits_these = fits };                                      \
        const rnn_i_fixed_pair rnn_i_of = __VA_ARGS__;                         \
        rnn_i_fixed_encode(&rnn_i_of, rnn_i_params, rnn_i_of_source,           \
                           rnn_i_memory, rnn_i_h, rnn_i_c, rnn_i_scratch);     \
    }
#define RNN_I_DEFINE_DECODE_(name, fits, ...)                                  \
    RNN_I_FOLDED void name(const rnn_real *rnn_i_params,                       \
                           const rnn_real *rnn_i_memory, int rnn_i_steps,      \
                           const rnn_row *rnn_i_row, rnn_real *rnn_i_h,        \
                           rnn_real *rnn_i_c, rnn_real *rnn_i_logits,          \
                           rnn_real *rnn_i_scratch)                            \
    {                                                                          \
        enum { rnn_i_fits_these = fits };                                      \
        const rnn_i_fixed_pair rnn_i_of = __VA_ARGS__;                         \
        if (rnn_i_of.score)                                                    \
            rnn_i_fixed_attend(&rnn_i_of, rnn_i_params, rnn_i_memory,          \
                               rnn_i_steps, rnn_i_h, rnn_i_row->attn,          \
                               rnn_i_scratch);                                 \
        rnn_i_fixed_decode(&rnn_i_of, rnn_i_params, rnn_i_steps, rnn_i_row,    \
                           rnn_i_h, rnn_i_c, rnn_i_logits, rnn_i_scratch);     \
    }
#define RNN_I_FIXED(...) RNN_I_FIXED_(__VA_ARGS__)
#define RNN_I_FIXED_(wiring, cell, I, E, H, L, D, bias, O)                     \
    {wiring, cell, I, E, H, L, O, bias, 0, 0}
#define RNN_I_DEFINE_STEP_(name, ...)                                          \
    RNN_I_FOLDED void name(const rnn_real *rnn_i_params,                       \
                           const rnn_real *rnn_i_x, const int *rnn_i_id,       \
                           rnn_real *rnn_i_h, rnn_real *rnn_i_c,               \
                           rnn_real *rnn_i_logits, rnn_real *rnn_i_scratch)    \
    {                                                                          \
        const rnn_i_fixed rnn_i_of = __VA_ARGS__;                              \
        rnn_i_fixed_step(&rnn_i_of, rnn_i_params, rnn_i_x, rnn_i_id, rnn_i_h,  \
                         rnn_i_c, rnn_i_logits, rnn_i_scratch);                \
    }
#define RNN_I_DEFINE_FORWARD_(name, ...)                                       \
    RNN_I_FOLDED void name(const rnn_real *rnn_i_params,                       \
                           const rnn_seq *rnn_i_seq, rnn_real *rnn_i_keep,     \
                           rnn_real *rnn_i_logits)                             \
    {                                                                          \
        const rnn_i_fixed rnn_i_of = __VA_ARGS__;                              \
        rnn_i_fixed_forward(&rnn_i_of, rnn_i_params, rnn_i_seq, rnn_i_keep,    \
                            rnn_i_logits);                                     \
    }
#define RNN_I_DEFINE_BACKWARD_(name, ...)                                      \
    RNN_I_FOLDED void name(const rnn_real *rnn_i_params,                       \
                           const rnn_seq *rnn_i_seq,                           \
                           const rnn_real *rnn_i_dlogits,                      \
                           rnn_real *rnn_i_keep, rnn_real *rnn_i_grads,        \
                           rnn_real *rnn_i_scratch, int rnn_i_add)             \
    {                                                                          \
        const rnn_i_fixed rnn_i_of = __VA_ARGS__;                              \
        rnn_i_fixed_pass rnn_i_at;                                             \
        rnn_i_fixed_open(&rnn_i_of, rnn_i_seq, rnn_i_keep, rnn_i_scratch,      \
                         &rnn_i_at);                                           \
        rnn_i_at.params = rnn_i_params;                                        \
        rnn_i_at.grads = rnn_i_grads;                                          \
        if (!rnn_i_add)                                                        \
            rnn_i_move(rnn_i_grads, NULL, rnn_i_fixed_params(&rnn_i_of));      \
        rnn_i_fixed_backward(&rnn_i_of, &rnn_i_at, rnn_i_dlogits);             \
    }

/* ---- int8: steps in whole numbers ---------------------------------------- */

/* A network of tanh, GRU or LSTM with weights of 8 bits, for cores without
 * floats and for a quarter of the flash: made by rnn_quantize on the desk, or
 * on the target, and read by the step that RNN_DEFINE_STEP_INT8 defines. All
 * arrays may be const; what is in them stands in [INT8]. */
typedef struct rnn_int8 {
    const uint8_t *weights; /* RNN_INT8_WEIGHTS(NET); must begin at a multiple
                               of 4 bytes, as in a union with an uint32_t    */
    const int16_t *factors; /* RNN_INT8_FACTORS(NET) */
    const int32_t *biases;  /* RNN_INT8_BIASES(NET)  */
    const uint8_t *shifts;  /* RNN_INT8_SHIFTS(NET)  */
} rnn_int8;

/* The same to be written, with how many numbers each has room for. */
typedef struct rnn_int8_room {
    uint8_t *weights;
    int16_t *factors;
    int32_t *biases;
    uint8_t *shifts;
    size_t weights_len, factors_len, biases_len, shifts_len;
} rnn_int8_room;

/* How long they are, in numbers, and scratch (int32_t). D is 1. */
#define RNN_INT8_WEIGHTS(...) RNN_I_INT8_WEIGHTS_(__VA_ARGS__)
#define RNN_INT8_FACTORS(...) RNN_I_INT8_FACTORS_(__VA_ARGS__)
#define RNN_INT8_BIASES(...) RNN_I_INT8_BIASES_(__VA_ARGS__)
#define RNN_INT8_SHIFTS(...) RNN_I_INT8_SHIFTS_(__VA_ARGS__)
#define RNN_INT8_SCRATCH(...) RNN_I_INT8_SCRATCH_(__VA_ARGS__)

/* static void step(const rnn_int8 *q, const int16_t *x, const int *id, int16_t
 * *h, int32_t *c, int32_t *logits, int32_t *scratch) of one row, in integers of
 * 32 bits alone; every machine and compiler gives the same bits, with fma and
 * without, and the number of instructions does not depend on the data.
 *
 *     x        (I) in units of x_unit; NULL for a one-hot input and a table,
 *              which read token *id, below I
 *     h        (L, H) in place, in units of 2^-15
 *     c        (L, H) in place, in units of 2^-25, from -2^29 to 2^29; NULL
 *              unless LSTM
 *     logits   (O) in units of 2^-12; NULL if O is 0
 *     scratch  RNN_INT8_SCRATCH(NET)
 *
 * States begin at 0. Nothing overlaps. The cell must be TANH, GRU or LSTM, D 1,
 * and E and H at most 511: else it does not compile. */
#define RNN_DEFINE_STEP_INT8(name, ...)                                        \
    RNN_I_DEFINE_INT8_(name, RNN_I_INT8_CAN_(__VA_ARGS__),                     \
                       RNN_I_FIXED(RNN_WIRING_N_TO_N, __VA_ARGS__))

/* Makes the arrays of a step from parameters. x_unit is what a 1 of x stands
 * for, as 4.0 / 32768 of inputs below 4; 0 with a one-hot input or a table, for
 * which there is no x. Its arithmetic is of single operations, so that the same
 * parameters give the same arrays on every machine; a build with RNN_DOUBLE
 * rounds later, and may differ in single numbers by 1.
 *
 * RNN_E_UNSUPPORTED: another cell, a decoder, two directions, or numbers in a
 * layer that are too large for its 16-bit factors, the head included.
 * RNN_E_SIZE: a layer, or a dense input, of more than 511 numbers.
 * RNN_E_NOT_FINITE: a parameter is infinite or not a number. RNN_E_BUFFER,
 * RNN_E_ARG: an array is too short, or not there; x_unit; on a target whose
 * steps load words, weights that begin at none. Nothing is written then.
 * Dropout is not read. params may not overlap the arrays. */
RNNRET rnn_status rnn_quantize(const rnn_model *model, const rnn_real *params,
                               size_t params_len, rnn_real x_unit,
                               const rnn_int8_room *to, rnn_why *why);

/* Columns are padded to fours, of each gate and of the head. A table is the
 * first of the factors. */
#define RNN_I_FOURS(n) ((RNN_I_N(n) + 3u) / 4u * 4u)
#define RNN_I_INT8_WEIGHTS_(cell, I, E, H, L, D, bias, O)                      \
    (RNN_GATES(cell) * RNN_I_FOURS(H) *                                        \
         (RNN_I_IN(I, E) + RNN_I_N(H) +                                        \
          2u * RNN_I_N(H) * (RNN_I_N(L) - 1u)) +                               \
     RNN_I_N(H) * RNN_I_FOURS(O))
#define RNN_I_INT8_FACTORS_(cell, I, E, H, L, D, bias, O)                      \
    (RNN_I_N(I) * RNN_I_N(E) +                                                 \
     2u * RNN_I_N(L) * RNN_GATES(cell) * RNN_I_FOURS(H) + RNN_I_FOURS(O))
#define RNN_I_INT8_BIASES_(cell, I, E, H, L, D, bias, O)                       \
    (RNN_I_N(L) * RNN_KEPT(cell) * RNN_I_FOURS(H) + RNN_I_FOURS(O))
#define RNN_I_INT8_SHIFTS_(cell, I, E, H, L, D, bias, O)                       \
    (RNN_I_N(L) + ((O) != 0 ? 1u : 0u))
#define RNN_I_INT8_SCRATCH_(cell, I, E, H, L, D, bias, O)                      \
    (RNN_KEPT(cell) * RNN_I_FOURS(H))

enum { RNN_I_INT8_MOST = 511 }; /* terms of a sum that fit 32 bits */
#define RNN_I_INT8_CELL(cell)                                                  \
    ((cell) == RNN_CELL_TANH || (cell) == RNN_CELL_GRU ||                      \
     (cell) == RNN_CELL_LSTM)
#define RNN_I_INT8_CAN_(...) RNN_I_INT8_CAN(__VA_ARGS__)
#define RNN_I_INT8_CAN(cell, I, E, H, L, D, bias, O)                           \
    (RNN_I_INT8_CELL(cell) && (D) == 1 && (E) <= RNN_I_INT8_MOST &&            \
     (H) <= RNN_I_INT8_MOST)
#define RNN_I_DEFINE_INT8_(name, can, ...)                                     \
    RNN_I_FOLDED void name(const rnn_int8 *rnn_i_q, const int16_t *rnn_i_x,    \
                           const int *rnn_i_id, int16_t *rnn_i_h,              \
                           int32_t *rnn_i_c, int32_t *rnn_i_logits,            \
                           int32_t *rnn_i_scratch)                             \
    {                                                                          \
        const rnn_i_fixed rnn_i_of = __VA_ARGS__;                              \
        enum { rnn_i_int8_can = 1 / ((can) ? 1 : 0) };                         \
        rnn_i_int8_step(&rnn_i_of, rnn_i_q, rnn_i_x, rnn_i_id, rnn_i_h,        \
                        rnn_i_c, rnn_i_logits, rnn_i_scratch);                 \
    }

/* ============================================================================
 * [API-LOSS]  a loss gives its value and the gradient of its inputs
 * ========================================================================= */

/* How rows come together:
 *
 *     loss = sum_i w_i l_i / n
 *
 * Zero is every field's default: the mean over all rows but padding. Where a
 * batch goes in several calls (chunks, shards, machines), n is the sum for all
 * of them, and the losses and gradients of the calls add up to those of the
 * whole. */
typedef struct rnn_loss {
    const rnn_real *weights; /* (rows) w, time-major; NULL: ones. Where w is 0,
                                neither the row's target nor its x are read  */
    const rnn_real *class_weights; /* (O) c, 0 or more; NULL: ones          */
    rnn_real smoothing;      /* e in [0, 1), of cross-entropy                */
    rnn_real n;              /* 0: the sum of the weights of this call, each
                                times c of its target. Where nothing counts,
                                since all are 0, the loss is 0               */
    int padding;             /* 1: steps from a sequence's end on count, too */
    rnn_real *values;        /* out (rows): l_i, 0 where w is 0; or NULL. With
                                them a loss is shared among threads          */
    size_t weights_len, values_len;
} rnn_loss;

/* Of work's logits, which the last forward or infer has left for seq, against
 * targets: one a row (T, B), or (T, B, O), with seq's strides; of N vs 1 (B),
 * or (B, O), without. No target is ignored for its value, such as -1: lengths
 * and weights of 0 say what does not count. A row of length 0 does not.
 * Where they are a forward pass's, their gradients go to work's dlogits: the
 * loss of an infer in the middle of a training step spoils nothing. The value
 * goes to *loss (NULL: not wanted). how NULL: the defaults.
 *
 * RNN_E_ORDER: logits are not those of a pass with these steps, batch and
 * lengths. RNN_E_NOT_FINITE, with everything written, if the loss is not
 * finite; any finite logits are safe.
 *
 * Softmax cross-entropy (torch.nn.CrossEntropyLoss), targets 0 .. O-1:
 *
 *     l_i = -sum_k c_k q_k log softmax(x_i)_k
 *     q_k = e/O, and 1 - e besides at the target
 *
 * Logits go in as they come out: softmax is in the loss. */
RNNRET rnn_status rnn_cross_entropy(const rnn_net *net, rnn_work *work,
                                    const rnn_seq *seq, const int *targets,
                                    const rnn_loss *how, rnn_real *loss);

/* Sigmoid cross-entropy (torch.nn.BCEWithLogitsLoss), targets in [0, 1]: l_i =
 * mean_j -(t log s + (1 - t) log(1 - s)), s = sigmoid(x_ij). */
RNNRET rnn_status rnn_sigmoid_cross_entropy(const rnn_net *net, rnn_work *work,
                                            const rnn_seq *seq,
                                            const rnn_real *targets,
                                            const rnn_loss *how,
                                            rnn_real *loss);

/* Mean squared error (torch.nn.MSELoss): l_i = mean_j (x_ij - t_ij)^2. */
RNNRET rnn_status rnn_squared_error(const rnn_net *net, rnn_work *work,
                                    const rnn_seq *seq, const rnn_real *targets,
                                    const rnn_loss *how, rnn_real *loss);

/* The same of any x (rows, O), of a network of your own: no row is padding
 * unless its weight is 0. dx (rows, O): d loss / d x, may be x, or NULL. */
RNNRET rnn_status rnn_cross_entropy_rows(const rnn_real *x, size_t rows,
                                         int outputs, const int *targets,
                                         const rnn_loss *how, rnn_real *dx,
                                         rnn_real *loss, const rnn_run *run);
RNNRET rnn_status rnn_sigmoid_cross_entropy_rows(
    const rnn_real *x, size_t rows, int outputs, const rnn_real *targets,
    const rnn_loss *how, rnn_real *dx, rnn_real *loss, const rnn_run *run);
RNNRET rnn_status rnn_squared_error_rows(const rnn_real *x, size_t rows,
                                         int outputs, const rnn_real *targets,
                                         const rnn_loss *how, rnn_real *dx,
                                         rnn_real *loss, const rnn_run *run);

/* *mean = sum_i w_i l_i / n, n = 0: the sum of the weights. Sums run in 16
 * lanes by i mod 16, folded 8, 4, 2, 1. RNN_E_NOT_FINITE, *mean written, if it
 * is not finite. */
RNNRET rnn_status rnn_mean(const rnn_real *l, const rnn_real *weights,
                           size_t count, rnn_real n, rnn_real *mean,
                           const rnn_run *run);

/* p (rows, O) = softmax(logits), row by row; p may be logits. RNN_E_NOT_FINITE,
 * and nothing is written, where a logit is NaN or infinity, or all of a row are
 * -infinity. */
RNNRET rnn_status rnn_softmax(const rnn_real *logits, size_t rows, int outputs,
                              rnn_real *p, const rnn_run *run);

/* ============================================================================
 * [API-TRAIN]  initialisers, clipping, optimisers
 * ========================================================================= */

/* PyTorch's defaults: cells and head U(-1/sqrt n, 1/sqrt n), n = H for a cell
 * and D*H for the head; the embedding table N(0, 1). */
RNNRET rnn_status rnn_init_params(const rnn_model *model, rnn_real *params,
                                  size_t params_len, rnn_rng *rng,
                                  rnn_why *why);

/* Other rules, for one tensor at a time, times a gain. in and out are the
 * columns and rows of PyTorch's matrix (torch.nn.init); a vector has in = 1. */
typedef enum rnn_init_rule {
    RNN_INIT_DEFAULT = 0,    /* as above; the gain multiplies it             */
    RNN_INIT_CONSTANT,       /* the gain                                     */
    RNN_INIT_UNIFORM,        /* U(-gain, gain)                               */
    RNN_INIT_NORMAL,         /* N(0, gain^2)                                 */
    RNN_INIT_XAVIER_UNIFORM, /* bound sqrt(6 / (in + out)), Glorot & Bengio
                                2010                                         */
    RNN_INIT_XAVIER_NORMAL,  /* deviation sqrt(2 / (in + out))               */
    RNN_INIT_HE_UNIFORM,     /* bound sqrt(3 / in), with gain sqrt 2 for
                                ReLU: He et al. 2015                         */
    RNN_INIT_HE_NORMAL,      /* deviation 1 / sqrt(in), the same             */
    RNN_INIT_ORTHOGONAL,     /* orthonormal rows or columns, whichever are
                                fewer, of every gate's block: Saxe et al.
                                2014                                         */
    RNN_INIT_IDENTITY        /* 1 on the diagonal of every gate's block: for
                                weight_hh of ReLU, biases 0, Le, Jaitly &
                                Hinton 2015                                  */
} rnn_init_rule;
#define RNN_INIT_RULES ((int)RNN_INIT_IDENTITY + 1)
RNNRET rnn_status rnn_init_tensor(const rnn_tensor *tensor, rnn_real *params,
                                  rnn_init_rule rule, rnn_real gain,
                                  rnn_rng *rng, rnn_why *why);

/* LSTM's forget gates open at the start, in every layer, of encoders too: their
 * share of bias_ih becomes bias, of bias_hh 0 (Gers et al. 2000; Jozefowicz et
 * al. 2015 use 1). RNN_E_ARG if the model has none. */
RNNRET rnn_status rnn_init_forget_bias(const rnn_model *model, rnn_real *params,
                                       size_t params_len, rnn_real bias,
                                       rnn_why *why);

/* *norm = the 2-norm of grads; then, if it exceeds max_norm, every element
 * times max_norm / (norm + 1e-6) (torch.nn.utils.clip_grad_norm_). Right for
 * any finite elements, also where their squares overflow or underflow. norm
 * may be NULL. RNN_E_NOT_FINITE, grads untouched but *norm written, if one is
 * not finite. */
RNNRET rnn_status rnn_clip_grad_norm(rnn_real *grads, size_t n,
                                     rnn_real max_norm, rnn_real *norm,
                                     const rnn_run *run);
/* The same with the greatest size of an element (norm_type=inf). */
RNNRET rnn_status rnn_clip_grad_max(rnn_real *grads, size_t n,
                                    rnn_real max_norm, rnn_real *norm,
                                    const rnn_run *run);
/* Every element into [-limit, limit] (clip_grad_value_); NaN stays. */
RNNRET rnn_status rnn_clip_grad_value(rnn_real *grads, size_t n, rnn_real limit,
                                      const rnn_run *run);

/* The optimisers of torch.optim 1.13, by its names and definitions. Of
 * momentum, dampening, nesterov, centered, amsgrad, lr_decay and initial those
 * that a kind does not have (below) must be 0: RNN_E_ARG. */
typedef enum rnn_optimizer_kind {
    RNN_OPT_SGD = 0,  /* Sutskever et al. 2013's momentum     0 or 1 moments */
    RNN_OPT_ADAGRAD,  /* Duchi, Hazan & Singer 2011           1              */
    RNN_OPT_ADADELTA, /* Zeiler 2012                          2              */
    RNN_OPT_RMSPROP,  /* Hinton 2012; centered: Graves 2013   1 to 3         */
    RNN_OPT_ADAM,     /* Kingma & Ba 2015; amsgrad: Reddi 2018  2 or 3       */
    RNN_OPT_ADAMW     /* Loshchilov & Hutter 2019             2 or 3         */
} rnn_optimizer_kind;
#define RNN_OPTIMIZERS ((int)RNN_OPT_ADAMW + 1)

typedef struct rnn_optimizer {
    rnn_optimizer_kind kind;
    rnn_real lr;            /* may change between steps: rnn_schedule        */
    rnn_real weight_decay;  /* [0] an L2 penalty added to the gradient; of
                               AdamW [0.01] a decay of the weight itself     */
    rnn_real momentum;      /* [0] SGD, RMSprop                              */
    rnn_real dampening;     /* [0] SGD                                       */
    int nesterov;           /* [0] SGD                                       */
    rnn_real rho;           /* [0.9] Adadelta; [0.99] RMSprop, alpha there   */
    int centered;           /* [0] RMSprop                                   */
    rnn_real beta1, beta2;  /* [0.9, 0.999] Adam, AdamW                      */
    int amsgrad;            /* [0] Adam, AdamW                               */
    rnn_real eps;           /* [1e-10] Adagrad, [1e-6] Adadelta, else [1e-8] */
    rnn_real lr_decay;      /* [0] Adagrad                                   */
    rnn_real initial;       /* [0] Adagrad's initial_accumulator_value       */
    uint32_t step;          /* state: steps begun                            */
    uint32_t keeps;         /* state: kind, moments, centered at the first   */
    rnn_real bias1, bias2;  /* state: 1 - beta^step                          */
} rnn_optimizer;

/* PyTorch's defaults of a kind, in brackets above, and no step taken. */
RNNRET rnn_status rnn_optimizer_init(rnn_optimizer *opt,
                                     rnn_optimizer_kind kind, rnn_real lr,
                                     rnn_why *why);

/* How many arrays of the layout of params it keeps: moments is (that, n). */
RNNRET rnn_status rnn_optimizer_moments(const rnn_optimizer *opt, size_t *count,
                                        rnn_why *why);

/* One update of a model's parameters, from work's grads; weights decay, biases
 * do not. moments need not be cleared: the first step begins them.
 * RNN_E_BUFFER: there are fewer of them than opt keeps. */
RNNRET rnn_status rnn_optimizer_step(rnn_optimizer *opt, const rnn_net *net,
                                     rnn_work *work);

/* The same of any n parameters, all of which decay. */
RNNRET rnn_status rnn_optimizer_step_array(rnn_optimizer *opt, rnn_real *params,
                                           const rnn_real *grads,
                                           rnn_real *moments, size_t n,
                                           const rnn_run *run);

/* The same in two: begin counts the step, range updates the elements first ..
 * first + count - 1 of n. A caller changes lr or weight_decay between ranges
 * for rules of its own. */
RNNRET rnn_status rnn_optimizer_begin(rnn_optimizer *opt, rnn_why *why);
RNNRET rnn_status rnn_optimizer_range(const rnn_optimizer *opt,
                                      rnn_real *params, const rnn_real *grads,
                                      rnn_real *moments, size_t n, size_t first,
                                      size_t count, const rnn_run *run);

/* The learning rate of step t = 0, 1, ...: base, rising from base / warmup over
 * the first `warmup` steps, then, counted from there, by its kind. gamma
 * is read by STEP and EXPONENTIAL, every by STEP and COSINE, least by COSINE;
 * of other kinds they must be 0: RNN_E_ARG. */
typedef enum rnn_schedule_kind {
    RNN_SCHEDULE_CONSTANT = 0,
    RNN_SCHEDULE_STEP,        /* times gamma every `every` steps (StepLR)    */
    RNN_SCHEDULE_EXPONENTIAL, /* times gamma every step (ExponentialLR)      */
    RNN_SCHEDULE_COSINE       /* down to least over `every` steps, then least:
                                 half a cosine (CosineAnnealingLR; Loshchilov &
                                 Hutter 2017)                                */
} rnn_schedule_kind;
#define RNN_SCHEDULES ((int)RNN_SCHEDULE_COSINE + 1)
typedef struct rnn_schedule {
    rnn_schedule_kind kind;
    rnn_real base, gamma, least;
    uint32_t warmup, every;
} rnn_schedule;
RNNRET rnn_status rnn_schedule_lr(const rnn_schedule *schedule, uint32_t t,
                                  rnn_real *lr, rnn_why *why);

/* ReduceLROnPlateau: *lr times factor when metric (less is better) has not
 * fallen by the relative threshold for more than patience calls. factor,
 * patience and so on are the caller's; the rest is state, start with zeros. */
typedef struct rnn_plateau {
    rnn_real factor;    /* 0 means 0.1  */
    rnn_real threshold; /* 0 means 1e-4 */
    rnn_real least;     /* of lr        */
    int patience;       /* calls        */
    int cooldown;       /* calls        */
    int calls, bad, cool;
    rnn_real best;
} rnn_plateau;
RNNRET rnn_status rnn_plateau_step(rnn_plateau *plateau, rnn_real metric,
                                   rnn_real *lr, rnn_why *why);

/* ============================================================================
 * [API-SAMPLE]  from logits to a token
 * ========================================================================= */

/* The greatest logit's index, the first of equals. RNN_E_NOT_FINITE where one
 * is NaN, or all are -infinity, so that nothing is possible. */
RNNRET rnn_status rnn_greedy(const rnn_real *logits, int outputs, int *id,
                             rnn_why *why);

/* How a token is drawn. All 0: greedy. With top_k or top_p goes a temperature
 * above 0: RNN_E_ARG. */
typedef struct rnn_sampling {
    rnn_real temperature; /* of softmax(logits / temperature); 0 is greedy   */
    int top_k;            /* the k likeliest alone; 0: all                   */
    rnn_real top_p;       /* the fewest, likeliest first, whose probability
                             reaches p (Holtzman et al. 2020); 0: all        */
} rnn_sampling;

/* A token drawn from logits. work (outputs) is needed for top_k and top_p and
 * may be NULL without them. Of equal logits the first counts as likelier.
 * RNN_E_NOT_FINITE as rnn_greedy. */
RNNRET rnn_status rnn_sample(const rnn_real *logits, int outputs,
                             const rnn_sampling *how, rnn_rng *rng,
                             rnn_real *work, int *id, rnn_why *why);

/* ============================================================================
 * [API-DECODE]  letting a model of tokens write
 *
 * A stream (N vs N) writes on from its states; a decoder once rnn_encode has
 * read its sources. A token enters, one is taken from what comes out and enters
 * next.
 * ========================================================================= */

/* How sequences of tokens are written. */
typedef struct rnn_writing {
    int begin;      /* the token before the first                            */
    int end;        /* the token that ends a sequence, 0 too; below 0: none  */
    int min_tokens; /* end does not come before so many others; 0 where end is
                       the only token                                        */
    int max_tokens; /* at most, end not counted                              */
    int rows;       /* of a stream; 0 means 1. A decoder has the sources'    */
    const rnn_sampling *sampling; /* NULL: greedy                            */
    rnn_rng *rngs;  /* one for each row, where tokens are drawn              */
    /* beam search alone */
    int width;      /* hypotheses of a source, those that ended included     */
    int best;       /* how many sequences of each come back; 0 means 1       */
    rnn_real length_power; /* score = log p / n^this, n tokens with end: 0
                              does not, 1 divides by length                  */
    /* of both */
    size_t ids_len, counts_len; /* of ids; of counts, and of scores          */
    size_t state_len, attn_len; /* of each of h, c; of attn                  */
} rnn_writing;

/* Greedy, or drawn: the tokens in ids (max_tokens, rows) and their number in
 * counts (rows), end not counted. h, c as in rnn_step, updated by every step; a
 * stream goes on from them, so rnn_step can read a beginning. attn: those of
 * rnn_step, step after step, or NULL. If a step fails (RNN_E_NOT_FINITE), ids,
 * counts, h and c are as far as it came. */
RNNRET rnn_status rnn_generate(const rnn_net *net, rnn_work *work,
                               const rnn_writing *how, rnn_real *h, rnn_real *c,
                               int *ids, int *counts, rnn_real *attn);

/* Beam search with a decoder: the likeliest sequences of each source, as far as
 * `width` hypotheses find them; width 1 is greedy. ids (B, best, max_tokens),
 * counts (B, best), end not counted, -1 where there is none, scores (B, best;
 * or NULL), best first. h, c (L, B, H) are read. A logit of NaN or +infinity is
 * RNN_E_NOT_FINITE; one of -infinity has probability 0. The plan must be for
 * B * width rows and max_tokens tokens. */
RNNRET rnn_status rnn_beam_search(const rnn_net *net, rnn_work *work,
                                  const rnn_writing *how, const rnn_real *h,
                                  const rnn_real *c, int *ids, int *counts,
                                  rnn_real *scores);

/* ============================================================================
 * [API-FILES]  safetensors in memory
 *
 * A checkpoint opens in Python with safetensors.torch.load_file and carries
 * PyTorch's names and layout; the description is in __metadata__. Reading
 * allocates nothing and trusts no byte: a file is refused whole, with a
 * reason, before anything is written.
 * ========================================================================= */
#ifndef RNN_NO_FILES

#define RNN_I_DTYPES(X, a) /* RNN_ST_BOOL ...; bits of a number */             \
    X(a, BOOL, "BOOL", 8)                                                      \
    X(a, F4, "F4", 4)                                                          \
    X(a, F6_E2M3, "F6_E2M3", 6)                                                \
    X(a, F6_E3M2, "F6_E3M2", 6)                                                \
    X(a, U8, "U8", 8)                                                          \
    X(a, I8, "I8", 8)                                                          \
    X(a, F8_E5M2, "F8_E5M2", 8)                                                \
    X(a, F8_E4M3, "F8_E4M3", 8)                                                \
    X(a, F8_E8M0, "F8_E8M0", 8)                                                \
    X(a, F8_E4M3FNUZ, "F8_E4M3FNUZ", 8)                                        \
    X(a, F8_E5M2FNUZ, "F8_E5M2FNUZ", 8)                                        \
    X(a, I16, "I16", 16)                                                       \
    X(a, U16, "U16", 16)                                                       \
    X(a, F16, "F16", 16)                                                       \
    X(a, BF16, "BF16", 16)                                                     \
    X(a, I32, "I32", 32)                                                       \
    X(a, U32, "U32", 32)                                                       \
    X(a, F32, "F32", 32)                                                       \
    X(a, C64, "C64", 64)                                                       \
    X(a, F64, "F64", 64)                                                       \
    X(a, I64, "I64", 64)                                                       \
    X(a, U64, "U64", 64)

typedef enum rnn_st_dtype { RNN_I_DTYPES(RNN_I_NAME, RNN_ST_) } rnn_st_dtype;
#define RNN_ST_DTYPES (0 RNN_I_DTYPES(RNN_I_ONE, 0))
#define RNN_ST_MAX_DIMS 8
#define RNN_ST_MAX_TENSORS 4096
#define RNN_ST_MAX_HEADER 100000000ul /* bytes, as in the reference */

typedef struct rnn_st {        /* an open file; points into the bytes */
    const unsigned char *json; /* the header                          */
    size_t json_len;
    const unsigned char *data; /* what follows it                     */
    size_t data_len;
    size_t tensors;            /* how many                            */
} rnn_st;

typedef struct rnn_st_tensor {
    const unsigned char *name; /* as it stands in the JSON, escapes and all, */
    size_t name_len;           /* not ended by 0; see rnn_st_unescape        */
    rnn_st_dtype dtype;
    int ndim;
    size_t dims[RNN_ST_MAX_DIMS]; /* in numbers, whatever their bits; of more
                                  dimensions the last is the rest's product */
    const unsigned char *data; /* little-endian, of any alignment */
    size_t size;               /* bytes                           */
} rnn_st_tensor;

/* Checks every byte of the header, as the reference does (safetensors' own
 * reader, in Rust): keys of a tensor that it does not know are passed over,
 * "__metadata__" may be null. Tensors must tile the data without hole or
 * overlap. why: the reason of a refusal, or NULL. */
RNNRET rnn_status rnn_st_open(const void *bytes, size_t len, rnn_st *st,
                              rnn_why *why);
/* The tensor at *pos, in the header's order; start with *pos = 0. RNN_E_END
 * after the last. */
RNNRET rnn_status rnn_st_next(const rnn_st *st, size_t *pos,
                              rnn_st_tensor *tensor);
/* The tensor of that name, or RNN_E_END. */
RNNRET rnn_status rnn_st_find(const rnn_st *st, const char *name,
                              rnn_st_tensor *tensor);
/* The value of a key of __metadata__, unescaped, into out (cap bytes) and its
 * length; RNN_E_END without such a key, RNN_E_BUFFER if it is longer. */
RNNRET rnn_status rnn_st_meta(const rnn_st *st, const char *key,
                              unsigned char *out, size_t cap, size_t *len);
/* Entry *pos of __metadata__, key and value as they stand in the JSON; start
 * with *pos = 0. RNN_E_END after the last. */
RNNRET rnn_status rnn_st_meta_next(const rnn_st *st, size_t *pos,
                                   const unsigned char **key, size_t *key_len,
                                   const unsigned char **value,
                                   size_t *value_len);
/* JSON's string as bytes of UTF-8 into out (cap bytes; NULL to count). */
RNNDEF size_t rnn_st_unescape(const unsigned char *json, size_t len,
                              unsigned char *out, size_t cap);
/* The name of a dtype, "BF16" for instance; "?" for an unknown one. */
RNNDEF const char *rnn_st_dtype_name(rnn_st_dtype dtype);

/* A tensor's numbers, as they stand in the file, row by row, into `to`: exactly
 * n. F64, F32, F16 and BF16 are read; RNN_E_END without such a tensor. */
RNNRET rnn_status rnn_load_tensor(const rnn_st *st, const char *name,
                                  rnn_real *to, size_t n, rnn_why *why);

/* What goes into a file beside a model: its vocabulary (any bytes), and tensors
 * of your own (moments, states, normalisation constants), which
 * rnn_load_tensor reads back. Their names may be any but one of a model's
 * modules and something without a dot: rnn., enc., enc2., dec., emb., emb_src.,
 * emb_src2., emb_tgt., out., bridge., att., att2.; in a file of a stack alone,
 * any without a dot. */
typedef struct rnn_extra {
    const char *name;
    const rnn_real *data; /* (rows, cols), row by row                        */
    int rows, cols;       /* cols 0: a vector                                */
} rnn_extra;

typedef struct rnn_beside {
    const unsigned char *vocabulary; /* or NULL                              */
    size_t vocabulary_len;
    const rnn_extra *extras;
    int num_extras;
} rnn_beside;

/* The bytes of a checkpoint: *len of them into out, or, with out NULL, only
 * *len, for which params may be NULL. beside NULL: nothing. RNN_E_BUFFER:
 * nothing is written but *len. RNN_E_ARG: an extra without data or rows, or
 * whose name is no UTF-8, a module's or there twice. RNN_E_SIZE: more than
 * RNN_ST_MAX_TENSORS. */
RNNRET rnn_status rnn_save(const rnn_model *model, const rnn_real *params,
                           size_t params_len, const rnn_beside *beside,
                           void *out, size_t cap, size_t *len, rnn_why *why);

/* The description in a checkpoint, and its vocabulary (cap bytes, NULL: none
 * wanted). RNN_E_END: the file has no description. */
RNNRET rnn_status rnn_load_description(const void *bytes, size_t len,
                                       rnn_model *model,
                                       unsigned char *vocabulary, size_t cap,
                                       size_t *vocabulary_len, rnn_why *why);

/* How a file names tensors: a name of ours that begins with `ours` has `theirs`
 * in its place, by the first that fits. Ends with ours NULL:
 *
 *     {{"rnn.", "module.lstm."}, {"out.", "module.fc."}, {NULL, NULL}}
 *     {{"", "module."}, {NULL, NULL}}                -- a prefix
 */
typedef struct rnn_rename {
    const char *ours, *theirs;
} rnn_rename;

/* The parameters of a model that the caller describes. The file must hold all
 * its tensors, by names (NULL: ours), and no other under the names of a model's
 * modules; if it has a description, that one. F64 (rounded), F32, F16 and BF16
 * are read. A model of a stack alone (no table, output_size 0) has the names of
 * torch.nn.LSTM's own state_dict, without the prefix rnn. */
RNNRET rnn_status rnn_load_params(const void *bytes, size_t len,
                                  const rnn_model *model, rnn_real *params,
                                  size_t params_len, const rnn_rename *names,
                                  rnn_why *why);

/* Thin wrappers over stdio, where there is one: RNN_NO_STDIO leaves them out.
 * RNN_E_UNSUPPORTED if the file cannot be opened, read or written. */
#if !defined(RNN_NO_STDIO) && (!defined(__STDC_HOSTED__) || __STDC_HOSTED__)
#define RNN_I_STDIO 1
/* Its bytes into out (cap), and how many there are; out NULL: only that. It is
 * read twice, so it must not be a pipe. RNN_E_BUFFER: nothing is written but
 * *len. */
RNNRET rnn_status rnn_read_file(const char *path, void *out, size_t cap,
                                size_t *len, rnn_why *why);
/* A file of these bytes, whole or not at all: they go into a new file beside it
 * (`path` + ".tmp", ".tmp1" ...: one that nobody else has made), which then
 * takes its place, with the old one's mode where there is POSIX, and this
 * process for its owner; other hard links keep the old bytes, and a name must
 * leave room for ".tmp". Of two writers the last one's file stays. What is no
 * plain file (a directory, a device, a pipe, a link) is refused and left as it
 * is; a link only where the C library shows lstat: compiled as strict ISO C, it
 * is replaced by the file. */
RNNRET rnn_status rnn_write_file(const char *path, const void *bytes,
                                 size_t len, rnn_why *why);
#else
#define RNN_I_STDIO 0
#endif
#endif /* RNN_NO_FILES */

#ifdef __cplusplus
}
#endif
#endif /* RNN_SINGLE_HEADER_INCLUDED */

/* ============================================================================
 * If you only want to use the library, you can stop here.
 * ========================================================================= */

/* ============================================================================
 * [HOW]  how it is built
 *
 * FLOORS, each made of those above it in this list, and so in the file:
 *
 *   [BASE] [PRODUCT]      one number; sizes that saturate; arenas; what the
 *                         matrix kernel computes
 *   [KERNELS] - [CELL-..] loops over many numbers, compiled once per
 *                         instruction set: functions, products, sums, one step
 *                         of a cell, optimisers. [SELECT] chooses among sets
 *   [ROWS]                products, sums and gathers over the valid rows of a
 *                         batch: all passes over time are made of these
 *   [LINEAR] [STACK] [ATTENTION]
 *                         layers: forward, backward, gradients
 *   [MODEL] [CONTEXT]     wirings: what a description comes to; the blocks
 *   [TENSORS] - [BEAM]    parameters by name; losses, optimisers; using a model
 *   [FILES] [STDIO]       safetensors
 *
 * BEFORE THE FIRST CALL
 *
 *   rnn_plan    rnn_i_model_of turns the description into offsets in params;
 *               rnn_i_fit and the functions that end in _arrays count, for each
 *               kind of pass, the arrays of the most steps and rows
 *   rnn_bind    the same description into rnn_work, which keeps it; places
 *
 * ONE TRAINING STEP of an N vs N model, from floor to floor
 *
 *   rnn_forward           rnn_i_open_pass checks the sequence and hands out the
 *                         arrays of this pass, unless the last call has been
 *                         like it; rnn_i_pack_model copies weights into the
 *                         order in which products read them;
 *   rnn_i_plain_forward   the chain of blocks: rnn_i_embed, then
 *   rnn_i_stack_forward   layer by layer, and for each rnn_i_layer_forward:
 *   rnn_i_input_product   z = b + x W_ih of some steps at once, then by step
 *   rnn_i_step_forward    z += h W_hh, and the cell turns z into h; then
 *   rnn_i_head_forward    logits; and a stamp in keep
 *   rnn_cross_entropy     dlogits
 *   rnn_backward          looks at the stamp; the same chain from its end:
 *   rnn_i_head_backward   dy, and
 *   rnn_i_stack_backward  layer by layer from the top: rnn_i_layer_backward,
 *   rnn_i_step_backward   by step from the last: the cell turns z into dz, and
 *                         dh_{t-1} = dz W_hh^T + what the cell passed by;
 *   rnn_i_input_backward  dx = dz W_ih^T of all steps, the next layer's dy;
 *   rnn_i_model_grads     dW = x^T dz, dW = h^T dz, db: sums over all steps
 *
 * Each of these runs on a share of the rows, the last one of the columns, and
 * rnn_i_each gives the shares out: forward and backward are two tasks each,
 * packing and rows, rows and columns. Of one row there are no shares: then its
 * large products are tasks, slices of their columns (rnn_i_each_slice).
 *
 * A model with a decoder has three links: rnn_i_encoder_forward, rnn_i_encode,
 * rnn_i_decoder_forward; and back rnn_i_decoder_backward,
 * rnn_i_encode_backward, rnn_i_encoder_backward. With keep_every a link is a
 * task for each window of its steps: rnn_i_windows_forward and _backward. One
 * step of a stream or of a decoder is rnn_i_run_step, on arrays of one step;
 * rnn_generate and beams are loops around it.
 *
 * WORDS, each with one meaning
 *
 *   block      a part of a wiring with forward, backward and maybe gradients
 *   call       rnn_i_call: kernels, share and steps of one public call
 *   fit        give a model the steps and rows of one pass
 *   from .. to of a call: the steps that a function may touch, so that a whole
 *              pass and one step of it are the same code
 *   gate, kept block    H columns of a weight; H numbers of z
 *   half       the upper 16 bits of a float: RNN_PACK_BF16
 *   keep       what forward leaves for backward: states, gates, r and a memory
 *              among it. scratch is dead when a call returns
 *   pack       copy weights into strips, and transposes for backward
 *   part       an input of a layer that stands beside others in the rows of its
 *              weight: x, c, c_t. rnn_i_part says when it counts, whether it is
 *              the same at every step, and where its gradient goes. Also: of a
 *              task, the number of a share
 *   pass       all steps forward, or back; a kind of it, RNN_I_TRAINING, ...
 *   refuse     give a status, with its reason in a rnn_why: RNN_I_NO
 *   run        neighbouring rows of a step that are not padding
 *   set        the kernels of one instruction set
 *   share      what one thread has of rows, columns or elements
 *   slice      what one thread has of the columns of one row's products
 *   slot       where a state stands: slot t of T + 1, see [STACK]
 *   stamp      a few numbers in front of keep and packed: whose they are
 *   strip      64 columns of a weight, copied to be neighbours
 *   task       a function of a call and a share, which rnn_i_each runs
 *   tick       one step of some rows, rnn_i_tick
 *   tile       the rows and columns of C whose sums are in registers
 *   top        the stack in front of the head; the decoder, where there is one
 *   window     some steps of a pass with keep_every, as a rnn_seq: rnn_i_window
 *
 *   A score's size, B rows, C width of a context, D directions, E width of an
 *   embedding, G gates, H hidden, I input, K kept blocks (of attention: width
 *   of a key), L layers, O outputs, Q width of a query, R width of r before q,
 *   S source steps, T steps, W numbers of a vector, Z what the head reads
 *   besides the stack; o, k outer and inner terms of a sum; d... the gradient
 *   of ...
 *
 * TO ADD ...
 *
 *   a cell         a row of RNN_I_CELLS, whose pieces stand at rnn_i_piece,
 *                  and in [CELLS] a block of that name: its equations,
 *                  RNN_I_CELL(NAME, forward), (NAME, backward); what it keeps
 *                  is said at rnn_layer_view. With q it has two stages, see
 *                  rnn_i_step_backward and GRU_RESET_BEFORE. Vectors of its
 *                  own, P of them: LSTM_PEEPHOLE. A block that is a section
 *                  stands in CONTENTS and in SECTIONS of tests/mutate.py
 *   a score        a row of RNN_I_SCORES; its term in RNN_K(term) and its
 *                  gradient in RNN_K(score_backward), unless it is a product
 *   a context      a row of RNN_I_CONTEXTS (MEAN's numbers, unless r holds
 *                  every state or needs none of them), and behind the others
 *                  in [CONTEXT] RNN_I_SUMMARY(NAME, forward), (NAME, backward)
 *   an instruction set   a row of RNN_I_KERNELS, its detection beside
 *                  RNN_I_X86, a block in [KERNELS], a pass behind [CELLS], its
 *                  table in [SELECT]
 *   an optimiser   an enumerator, a case of RNN_K(update), its defaults in
 *                  rnn_optimizer_init, its count in rnn_optimizer_moments
 *   a loss         a term of RNN_K(term), and two calls around rnn_i_loss_run
 *   an initialiser an enumerator and a case of rnn_init_tensor
 *   a field of rnn_model   the field; its row of RNN_I_FIELDS_OF, with range
 *                  and readers; what depends on other fields in
 *                  rnn_i_check_together, or _decoder; in rnn_i_plain what it
 *                  means by default; and once more in tests/tidy.h
 *   a refusal      RNN_I_NO with a text that names what is wrong and both
 *                  values, rnn_i_in and its like for ranges; its words in
 *                  test_why
 *   a wiring       a row of RNN_I_WIRINGS; its blocks in rnn_i_run_forward and
 *                  rnn_i_run_backward; its widths, arrays and parameters in
 *                  [MODEL]
 *
 * A row goes to the end of its list, since programs number what the list names;
 * then the comments that name its neighbours: search for "LSTM", "reset
 * before", "mean". Outside of the header the README's first sentence and
 * cell_names of examples/options.h name cells.
 *
 * Tests loop over the rows, so what is added is tested: its gradients against
 * differences, every kernel, parts, chunks, streams, files. That its forward
 * pass is right they cannot know. So there are places that say it once more: of
 * a cell, its equation in check_stack_view of test_prop, in front of the branch
 * of the GRUs, two values in test_hash (run it built plain and with
 * -DRNN_NO_FMA; they fix the bits, not that these are right) and a case of
 * parity: its name in `words` there, and a file by tests/cell_case.py, which
 * says its equations independently; of a context, summary_blocks in
 * test_decode (a kind without a branch counts as a sum, and fails); of what has
 * kinks, `kinks` in check_combination of test_wirings. Which of two equal
 * choices gets a gradient no difference can tell: test that by hand.
 * ========================================================================= */

#if defined(RNN_IMPLEMENTATION) &&                                             \
    (!defined(RNN_I_IMPLEMENTED) || defined(RNN_I_PASS))

#ifndef RNN_I_PASS /* [KERNELS] below is read once more per instruction set */
#define RNN_I_IMPLEMENTED

#if defined(__FAST_MATH__) || defined(_M_FP_FAST) ||                           \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) ||                 \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) ||           \
    defined(__NO_SIGNED_ZEROS__)
#error "rnn.h defines its arithmetic to the bit: compile without -ffast-math"
#endif
#ifdef RNN_DOUBLE /* an error with -fsingle-precision-constant */
typedef char rnn_i_constants_of_double[sizeof(1.0) < sizeof(double) ? -1 : 1];
#endif

/* The name by which this file finds itself; set it if the file is renamed. */
#ifndef RNN_HEADER_NAME
#define RNN_HEADER_NAME "rnn.h"
#endif

/* No compiler may fuse a*b + c on its own: fma is always written out. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("-ffp-contract=off")
#define RNN_I_OPTIONS "-ffp-contract=off"
#if defined(__thumb__) && !defined(__thumb2__)
/* at -Os an epilogue pops into r1 to r3, which -fipa-ra takes for untouched */
#pragma GCC optimize("-fno-ipa-ra")
#define RNN_I_OPTIONS_1 , "-fno-ipa-ra"
#elif defined(__ARM_FEATURE_MVE)
/* nor begin what eight registers have no room for */
#pragma GCC optimize("-fno-schedule-insns")
#define RNN_I_OPTIONS_1 , "-fno-schedule-insns"
#else
#define RNN_I_OPTIONS_1
#endif
#if defined(__STDC_HOSTED__) && !__STDC_HOSTED__
/* nor turn a loop into a call of memset, which may not be there; and constants
 * of a loop stay in registers while there are some: a folded step has 3 % fewer
 * instructions (make firmware) */
#pragma GCC optimize("-fno-tree-loop-distribute-patterns",                     \
                     "-fira-loop-pressure")
#define RNN_I_OPTIONS_2                                                        \
    , "-fno-tree-loop-distribute-patterns", "-fira-loop-pressure"
#else
#define RNN_I_OPTIONS_2
#endif
#endif

/* Instruction sets beside plain C, of which a call can choose; Helium's and
 * WebAssembly's replace it, since what is built for them runs nowhere else. */
#define RNN_I_X86 0
#define RNN_I_NEON 0
#define RNN_I_HELIUM 0
#define RNN_I_WASM 0
/* not without optimisation, where they would take 400 KB of stack */
#if !defined(RNN_NO_SIMD) && !defined(RNN_DOUBLE) && defined(__GNUC__) &&      \
    defined(__OPTIMIZE__) && !defined(__TINYC__)
#if defined(__x86_64__)
#undef RNN_I_X86
#define RNN_I_X86 1
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON)
#undef RNN_I_NEON
#define RNN_I_NEON 1
#include <arm_neon.h>
#elif defined(__ARM_FEATURE_MVE)
#if __ARM_FEATURE_MVE & 2
#undef RNN_I_HELIUM
#define RNN_I_HELIUM 1
#endif
#elif defined(__wasm_simd128__)
#undef RNN_I_WASM
#define RNN_I_WASM 1
#include <wasm_simd128.h>
#endif
#endif
#define RNN_I_SETS (RNN_I_X86 || RNN_I_NEON)
/* two products of 16 bits at once, which [INT8] has a use for */
#define RNN_I_SMLAD 0
#if defined(__ARM_FEATURE_DSP) && defined(__ARM_FEATURE_SIMD32) &&             \
    defined(__GNUC__) && !defined(__ARM_BIG_ENDIAN) && !defined(RNN_NO_SIMD)
#if defined(__clang__) || __GNUC__ >= 10
#undef RNN_I_SMLAD
#define RNN_I_SMLAD 1
#include <arm_acle.h>
#endif
#endif
#define RNN_I_PASS_AVX2 1
#define RNN_I_PASS_AVX512 2
#define RNN_I_PASS_NEON 3
#define RNN_I_PASS_HELIUM 4
#define RNN_I_PASS_WASM 5

#include <limits.h>
#define RNN_I_POSIX 0
#define RNN_I_LSTAT 0
#if !defined(RNN_NO_FILES) && RNN_I_STDIO
#include <stdio.h>
#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#undef RNN_I_POSIX
#define RNN_I_POSIX 1
#if defined(_POSIX_C_SOURCE) || defined(_XOPEN_SOURCE) || defined(__APPLE__)
#undef RNN_I_LSTAT
#define RNN_I_LSTAT 1
#endif
#endif
#endif

#if defined(__GNUC__)
#define RNN_I_FN static __attribute__((unused))
#define RNN_I_INLINE static inline __attribute__((always_inline, unused))
#else
#define RNN_I_FN static
#define RNN_I_INLINE static inline
#endif

/* A function that runs once, or when something is wrong: small, and outside of
 * what calls it. */
#if defined(__GNUC__)
#define RNN_I_COLD static __attribute__((cold, noinline, unused))
#else
#define RNN_I_COLD static
#endif

/* A function that is never inlined: a caller that may not reach it saves no
 * registers for it. */
#if defined(__GNUC__)
#define RNN_I_APART static __attribute__((noinline, unused))
#else
#define RNN_I_APART RNN_I_INLINE /* which may be left unused */
#endif

/* A function into which the compiler puts all that it calls; gcc does so only
 * if both are compiled with the same options. */
#if defined(__clang__)
#define RNN_I_FOLDED static __attribute__((flatten, unused))
#elif defined(__GNUC__)
#define RNN_I_FOLDED                                                           \
    static __attribute__((flatten, unused,                                     \
                          optimize(RNN_I_OPTIONS RNN_I_OPTIONS_1               \
                                       RNN_I_OPTIONS_2)))
#else
#define RNN_I_FOLDED static
#endif

/* A function so short, on machines so large, that the calls in it count. */
#if defined(__GNUC__) && RNN_I_SETS && !defined(__OPTIMIZE_SIZE__)
#define RNN_I_FLAT __attribute__((flatten))
#else
#define RNN_I_FLAT
#endif

/* A function that is not put into others where little code is asked for. */
#ifdef __OPTIMIZE_SIZE__
#define RNN_I_SHARED RNN_I_APART
#else
#define RNN_I_SHARED RNN_I_FN
#endif

/* Whether a step may be spread over threads: one that is folded is not, which
 * compilers see, but old ones only if they are told. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 8
#define RNN_I_SPREADS(folded) (!(folded))
#else
#define RNN_I_SPREADS(folded) ((void)(folded), 1)
#endif

/* Whether parameters of a folded step are where only RNN_WEIGHT reads. */
#ifdef RNN_WEIGHT
#define RNN_I_FAR 1
#else
#define RNN_I_FAR 0
#define RNN_WEIGHT(p) (*(p))
#endif

/* How many columns and terms a step that the compiler folds goes at a time:
 * little code where that is asked for. Instructions of a step of LSTM, 32 in,
 * 32 units, on Cortex-M4F (make firmware): 38,267 and 27,293. */
#ifdef __OPTIMIZE_SIZE__
#define RNN_I_COLUMNS 4
#define RNN_I_TERMS 1
#else
#define RNN_I_COLUMNS 16
#define RNN_I_TERMS 4
#endif

#if defined(__clang__)
#define RNN_I_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__) && __GNUC__ >= 8
#define RNN_I_UNROLL _Pragma("GCC unroll 24")
#else
#define RNN_I_UNROLL
#endif

/* What is read (or written) soon comes into the second cache meanwhile. */
#if defined(__GNUC__)
#define RNN_I_FETCH(p, write) __builtin_prefetch(p, write, 2)
#else
#define RNN_I_FETCH(p, write) ((void)(p))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ============================================================================
 * [BASE]  one number at a time
 *
 * Each operation rounds once: the result goes through a variable of its type,
 * which discards the excess precision that some targets compute with.
 * ========================================================================= */

/* An unsigned word as wide as a rnn_real: a number's bits, for exponents, signs
 * and hashes. */
#ifdef RNN_DOUBLE
typedef uint64_t rnn_i_bits;
#else
typedef uint32_t rnn_i_bits;
#endif

/* Sums, differences, products and quotients of one number, each rounded once:
 * where a compiler computes with more digits than a rnn_real has (x87, m68k),
 * an assignment takes the excess away. Vectors of [KERNELS] need no such thing.
 */
RNN_I_INLINE rnn_real rnn_i_add(rnn_real a, rnn_real b)
{
    rnn_real r = a + b;
    return r;
}

RNN_I_INLINE rnn_real rnn_i_sub(rnn_real a, rnn_real b)
{
    rnn_real r = a - b;
    return r;
}

RNN_I_INLINE rnn_real rnn_i_mul(rnn_real a, rnn_real b)
{
    rnn_real r = a * b;
    return r;
}

RNN_I_INLINE rnn_real rnn_i_div(rnn_real a, rnn_real b)
{
    rnn_real r = a / b;
    return r;
}

/* Casts const away, for structs that serve reading and writing alike: the
 * callee does not write through it. */
RNN_I_INLINE rnn_real *rnn_i_writable(const rnn_real *p)
{
    return (rnn_real *)(uintptr_t)p;
}

/* The bits of a number and back. Compilers see through the copy; the union is
 * for C compilers without it. */
RNN_I_INLINE rnn_i_bits rnn_i_to_bits(rnn_real x)
{
#if defined(__GNUC__)
    rnn_i_bits b;
    __builtin_memcpy(&b, &x, sizeof b);
    return b;
#else
    union {
        rnn_real x;
        rnn_i_bits b;
    } u;
    u.x = x;
    return u.b;
#endif
}

RNN_I_INLINE rnn_real rnn_i_from_bits(rnn_i_bits b)
{
#if defined(__GNUC__)
    rnn_real x;
    __builtin_memcpy(&x, &b, sizeof x);
    return x;
#else
    union {
        rnn_real x;
        rnn_i_bits b;
    } u;
    u.b = b;
    return u.x;
#endif
}

/* a*b + c in this build's arithmetic. Without fma it is rounded twice; p is a
 * variable, since in one expression a product could reach the sum with digits
 * that a rnn_real has not. */
#if !RNN_FMA
RNN_I_INLINE rnn_real rnn_i_fma(rnn_real a, rnn_real b, rnn_real c)
{
    rnn_real p = a * b;
    rnn_real r = p + c;
    return r;
}
#elif defined(__FMA__) || !defined(__x86_64__)
RNN_I_INLINE rnn_real rnn_i_fma(rnn_real a, rnn_real b, rnn_real c)
{
    return __builtin_fmaf(a, b, c);
}
#else
/* This x86-64 may lack the instruction. The product is exact in double; the
 * sum is made odd where it is inexact, so that rounding it to float afterwards
 * is the only rounding (Boldo & Melquiond 2008).
 *
 * e is what s has lost, exactly (Knuth's sum of two). The exact sum is then
 * between s and a neighbour of s, of which one has an odd last bit: s stays if
 * it is that one, else its neighbour on the side of e is taken. One more in
 * `bits` is one step away from 0, so the signs of e and s decide. */
RNN_I_APART rnn_real rnn_i_fma(rnn_real a, rnn_real b, rnn_real c)
{
    double p = (double)a * (double)b, s = p + (double)c;
    double v = s - p, e = (p - (s - v)) + ((double)c - v);
    uint64_t bits;

    if (e > 0.0 || e < 0.0) { /* false for 0, infinity - infinity and NaN */
        __builtin_memcpy(&bits, &s, sizeof bits);
        if (!(bits & 1u))
            bits += (e > 0.0) == (s > 0.0) ? (uint64_t)1 : ~(uint64_t)0;
        __builtin_memcpy(&s, &bits, sizeof s);
    }
    return (float)s;
}
#endif

/* Correctly rounded, so it equals the instruction wherever there is one. Whole
 * numbers alone, two bits of x for one of the root, as by hand: there is no
 * math library here, and no instruction on small machines. */
RNN_I_FN rnn_real rnn_i_sqrt(rnn_real x)
{
#if defined(RNN_DOUBLE)
    const int mantissa = 52;
#else
    const int mantissa = 23;
#endif
    const rnn_i_bits one = 1, hidden = one << mantissa;
    rnn_i_bits b = rnn_i_to_bits(x), m = b & (hidden - 1u), root = 0, rest = 0;
    int e = (int)(b >> mantissa), i;

    /* below 0: 0 / 0, a NaN; 0, -0 and NaN are their own roots */
    if (!(x > 0))
        return x < 0 ? rnn_i_div(rnn_i_sub(x, x), rnn_i_sub(x, x)) : x;
    if (b >> mantissa == ((one << (sizeof(x) * 8 - 1)) >> mantissa) - 1u)
        return x; /* infinity */
    if (e == 0) { /* subnormal */
        for (e = 1; !(m & hidden); e--)
            m <<= 1;
    } else {
        m |= hidden;
    }
    e -= (1 << ((int)sizeof(x) * 8 - mantissa - 2)) - 1;
    /* x = m 2^(e - mantissa), e even; one bit of the root per round: rest is
     * what remains of m, less than 2 root + 1 in units of the last bit */
    if (e & 1) {
        m <<= 1;
        e--;
    }
    for (i = 0; i < mantissa + 2; i++) {
        rest = (rest << 2) | ((m >> mantissa) & 3u);
        m = (m & (hidden - 1u)) << 2;
        root <<= 1;
        if (rest > root << 1) {
            rest -= (root << 1) | 1u;
            root |= 1u;
        }
    }
    /* one bit too many: round to nearest; a tie cannot be */
    root = (root >> 1) + (root & 1u);
    e = e / 2 + (1 << ((int)sizeof(x) * 8 - mantissa - 2)) - 1;
    return rnn_i_from_bits(((rnn_i_bits)e << mantissa) + (root - hidden));
}

/* Sizes saturate instead of wrapping; the end of a layout looks once. */
#define RNN_I_TOO_MANY ((size_t)-1)

/* Products and sums of sizes: what does not fit in a size_t stays
 * RNN_I_TOO_MANY, so that a whole formula is computed first and looked at once,
 * at its end, by rnn_i_fits. 0 times too many is 0: an array that a model does
 * not have takes nothing, however large its other factors are. */
RNN_I_FN size_t rnn_i_times(size_t a, size_t b)
{
    const int half = (int)(sizeof(size_t) * CHAR_BIT / 2);

    if (((a | b) >> half) == 0) /* most; a division is slow */
        return a * b;
    return a && b > RNN_I_TOO_MANY / a ? RNN_I_TOO_MANY : a * b;
}

RNN_I_INLINE size_t rnn_i_plus(size_t a, size_t b)
{
    return a + b < a ? RNN_I_TOO_MANY : a + b;
}

/* Sizes as products of three. */
RNN_I_FN size_t rnn_i_times3(size_t a, size_t b, size_t c)
{
    return rnn_i_times(rnn_i_times(a, b), c);
}

/* An arena: with a base it hands out its numbers one array after the other,
 * without one it counts them alone. Sizes and pointers come from the same
 * calls, made twice, so they cannot disagree.
 *
 * It knows no end. Whoever hands out compares n with the length of the array
 * afterwards, and uses no pointer if that is too short (rnn_i_hand_out). All
 * arrays of a pass are taken from the beginning of the same few pieces, so the
 * same sizes come to the same places in every call. */
typedef struct rnn_i_arena {
    rnn_real *base; /* or NULL */
    size_t n;       /* taken   */
} rnn_i_arena;

/* The next n numbers of an arena. Without a base it only counts: that is how
 * sizes and places come from the same lines. */
RNN_I_FN rnn_real *rnn_i_take(rnn_i_arena *a, size_t n)
{
    rnn_real *p = a->base ? a->base + a->n : NULL;

    a->n = rnn_i_plus(a->n, n);
    return p;
}

/* n numbers, rounded up to whole cache lines of 16 (64 bytes). Of
 * RNN_I_TOO_MANY that is somewhat less, but still no buffer: rnn_i_fits. */
RNN_I_INLINE size_t rnn_i_lines(size_t n)
{
    return rnn_i_plus(n, 15) / 16 * 16;
}

/* The first number from p on with which a cache line begins: 15 further at
 * most. */
RNN_I_INLINE rnn_real *rnn_i_at_line(rnn_real *p)
{
    return p + (16 - (size_t)((uintptr_t)p / sizeof *p % 16)) % 16;
}

/* An array that begins at a cache line, whatever the arena's base: it takes 15
 * numbers more. It does so where fewer would do, too, or where there is no base
 * to ask: a count must not depend on where memory lies. */
RNN_I_FN rnn_real *rnn_i_take_lines(rnn_i_arena *a, size_t n)
{
    rnn_real *p = rnn_i_take(a, n ? rnn_i_plus(n, 15) : 0);

    return p && n ? rnn_i_at_line(p) : p;
}

/* Whether n numbers can be a buffer: their bytes fit ptrdiff_t, which strides
 * and differences of pointers are. */
RNN_I_INLINE int rnn_i_fits(size_t n)
{
    return n <= (size_t)PTRDIFF_MAX / sizeof(rnn_real);
}

RNN_I_INLINE size_t rnn_i_least(size_t a, size_t b)
{
    return a < b ? a : b;
}

RNN_I_INLINE size_t rnn_i_most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Zeros without `from`. Four at a time are a vector to most compilers, and no
 * call of memcpy to any. */
RNN_I_FN void rnn_i_copy(rnn_real *to, const rnn_real *from, size_t n)
{
    size_t i = 0;

#ifndef __OPTIMIZE_SIZE__
    for (; from && i + 4 <= n; i += 4) {
        const rnn_real a = from[i], b = from[i + 1];
        const rnn_real c = from[i + 2], d = from[i + 3];
        to[i] = a;
        to[i + 1] = b;
        to[i + 2] = c;
        to[i + 3] = d;
    }
#endif
    for (; i < n; i++)
        to[i] = from ? from[i] : 0;
}

/* ---- text, and reasons --------------------------------------------------- */

/* Text behind text; returns its end. Nothing measures: the longest name,
 * enc2.weight_ih_l2147483646_reverse, fits rnn_tensor.name. */
RNN_I_FN char *rnn_i_put(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    *to = 0;
    return to;
}

/* The same of a number in decimal. */
RNN_I_FN char *rnn_i_put_number(char *to, size_t n)
{
    char digit[24];
    int i = 0;

    do {
        digit[i++] = (char)('0' + (int)(n % 10));
        n /= 10;
    } while (n);
    while (i)
        *to++ = digit[--i];
    *to = 0;
    return to;
}

/* No reason yet: a call begins. */
RNN_I_INLINE void rnn_i_forget(rnn_why *why)
{
    if (!why)
        return;
    why->status = RNN_OK;
#ifndef RNN_NO_WHY
    why->text = NULL;
#endif
}

#ifdef RNN_NO_WHY
RNN_I_COLD void rnn_i_refuse(rnn_why *why, rnn_status st)
{
    if (why)
        why->status = st;
}
#define RNN_I_NO(why, st, name, text, a, b)                                    \
    ((void)(a), (void)(b), rnn_i_refuse(why, st), (st))
#else
/* Refuses: the status st, and in why (or NULL) its reason. The macro gives the
 * status itself, so that a compiler knows that it is not RNN_OK. */
RNN_I_COLD void rnn_i_refuse(rnn_why *why, rnn_status st, const char *name,
                             const char *text, ptrdiff_t a, ptrdiff_t b)
{
    size_t n = 0, skip, i;

    if (!why)
        return;
    while (name[n])
        n++;
    skip = n > sizeof why->name - 1 ? n - (sizeof why->name - 1) : 0;
    for (i = 0; i < n - skip; i++) {
        const char c = name[i + skip]; /* the end says more */
        why->name[i] = skip && i < 3 ? '.' : c > 0 && c < ' ' ? '?' : c;
    }
    why->name[i] = 0;
    why->status = st;
    why->text = text;
    why->of = "";
    why->n[0] = a;
    why->n[1] = b;
    why->n[2] = why->n[3] = 0;
    why->x = 0;
}
#define RNN_I_NO(why, st, name, text, a, b)                                    \
    (rnn_i_refuse(why, st, name, text, (ptrdiff_t)(a), (ptrdiff_t)(b)), (st))
#endif

/* Another status for the reason that is there. */
RNN_I_FN rnn_status rnn_i_as(rnn_why *why, rnn_status st)
{
    if (why)
        why->status = st;
    return st;
}

/* An argument that is NULL. */
#define RNN_I_NO_NULL(why, name)                                               \
    RNN_I_NO(why, RNN_E_ARG, name, "@ is NULL", 0, 0)

/* Whether an argument is there. */
RNN_I_FN rnn_status rnn_i_there(rnn_why *why, const char *name, const void *p)
{
    (void)name;
    return p ? RNN_OK : RNN_I_NO_NULL(why, name);
}

/* A size as a reason gives it: none is greater than what a machine can hold. */
RNN_I_FN ptrdiff_t rnn_i_shown(size_t n)
{
    return n > (size_t)PTRDIFF_MAX ? PTRDIFF_MAX : (ptrdiff_t)n;
}

/* An array that is shorter than it must be. */
#define RNN_I_NO_ROOM(why, name, has, wants)                                   \
    RNN_I_NO(why, RNN_E_BUFFER, name, "@ has room for #: # are needed",        \
             rnn_i_shown(has), rnn_i_shown(wants))

/* Whether v is in least .. most; st says what a v outside is. */
RNN_I_FN rnn_status rnn_i_in(rnn_why *why, rnn_status st, const char *name,
                             ptrdiff_t v, ptrdiff_t least, ptrdiff_t most)
{
    (void)name;
    if (v < least)
        return RNN_I_NO(why, st, name, "@ is #: # is the least", v, least);
    if (v > most)
        return RNN_I_NO(why, st, name, "@ is #: # is the most", v, most);
    return RNN_OK;
}

/* A field that another one gives a meaning: at least 1 where `read`, else 0. */
RNN_I_FN rnn_status rnn_i_needs(rnn_why *why, int read, const char *name, int v,
                                const char *otherwise)
{
    (void)name, (void)otherwise;
    if (read)
        return rnn_i_in(why, RNN_E_SIZE, name, v, 1, INT_MAX);
    return v ? RNN_I_NO(why, RNN_E_ARG, name, otherwise, v, 0) : RNN_OK;
}

/* A reason with a number that is not whole. */
RNN_I_COLD rnn_status rnn_i_no_real(rnn_why *why, rnn_status st,
                                    const char *name, const char *text,
                                    rnn_real x)
{
    (void)name, (void)text, (void)x;
    st = RNN_I_NO(why, st, name, text, 0, 0);
#ifndef RNN_NO_WHY
    if (why)
        why->x = x;
#endif
    return st;
}

/* x - x is 0 but for infinities and NaN. */
RNN_I_FN int rnn_i_finite(rnn_real x)
{
    return rnn_i_sub(x, x) == 0;
}

#define RNN_I_ENDLESS rnn_i_from_bits(RNN_I_INFINITY)

/* rnn_i_in of such a number: least 0, or no least; most 1, or no most; most
 * itself only if `closed`. NaN is in no range. */
RNN_I_FN rnn_status rnn_i_in_real(rnn_why *why, const char *name, rnn_real x,
                                  rnn_real least, rnn_real most, int closed)
{
    return x >= least && (x < most || (closed && x <= most))
               ? RNN_OK
               : rnn_i_no_real(why, RNN_E_ARG, name,
                               !rnn_i_finite(x) ? "@ is ~: no finite number"
                               : most > 1       ? "@ is ~: 0 is the least"
                               : closed ? "@ is ~: 0 is the least, 1 the most"
                                        : "@ is ~: it must be below 1, and not "
                                          "below 0",
                               x);
}

/* A field that this kind (of optimiser, of schedule) has not: it must be 0. */
RNN_I_FN rnn_status rnn_i_unread(rnn_why *why, int set, const char *name,
                                 int kind)
{
    (void)name;
    return set ? RNN_I_NO(why, RNN_E_ARG, name,
                          "@ is set, but kind # does not read it", kind, 0)
               : RNN_OK;
}

/* What was computed, and is no number if what went in was not. */
RNN_I_FN rnn_status rnn_i_is_finite(rnn_why *why, const char *name, rnn_real x)
{
    return rnn_i_finite(x)
               ? RNN_OK
               : rnn_i_no_real(why, RNN_E_NOT_FINITE, name, "@ is ~", x);
}

#ifndef RNN_NO_WHY
/* A number to six digits, for people to read. */
RNN_I_FN char *rnn_i_put_real(char *to, rnn_real x)
{
    char digit[24];
    int power = 0, count = 6, i;
    rnn_real m = x < 0 ? -x : x;
    long n;

    if (!rnn_i_finite(x))
        return rnn_i_put(to, !(x < 0 || x > 0) ? "NaN"
                             : x < 0           ? "-infinity"
                                               : "infinity");
    if (x < 0)
        *to++ = '-';
    for (; m >= 10; power++)
        m = rnn_i_div(m, 10);
    for (; m > 0 && m < 1; power--)
        m = rnn_i_mul(m, 10);
    n = (long)rnn_i_add(rnn_i_mul(m, 100000), (rnn_real)0.5);
    if (n >= 1000000) {
        n /= 10;
        power++;
    }
    if (n == 0)
        return rnn_i_put(to, "0");
    (void)rnn_i_put_number(digit, (size_t)n); /* six, the first not 0 */
    while (digit[count - 1] == '0')
        count--;
    if (power < -4 || power > 6) {
        for (i = 0; i < count; i++) {
            *to++ = digit[i];
            if (i == 0 && count > 1)
                *to++ = '.';
        }
        to = rnn_i_put(to, power < 0 ? "e-" : "e");
        return rnn_i_put_number(to, (size_t)(power < 0 ? -power : power));
    }
    for (i = power < 0 ? power : 0; i < count || i <= power; i++) {
        *to++ = (char)(i >= 0 && i < count ? digit[i] : '0');
        if (i == power && i + 1 < count)
            *to++ = '.';
        else if (i == power && power < 0)
            *to++ = '.';
    }
    *to = 0;
    return to;
}
#endif

/* A reason as a line. Its text is static; in it @ stands for the name, % for
 * what that belongs to, # for the next of up to four whole numbers, ~ for a
 * real one. What does not fit is left out, so any room will do. Without reasons
 * the status has its text alone. */
RNNDEF const char *rnn_why_text(const rnn_why *why, char *out, size_t cap)
{
    const char *t = rnn_status_text(why ? why->status : RNN_OK), *s;
    size_t n = 0;
    char piece[40];
#ifndef RNN_NO_WHY
    int k = 0;

    t = why && why->text ? why->text : t;
#endif
    for (; *t && out; t++) {
        s = piece;
        piece[0] = *t;
        piece[1] = 0;
#ifndef RNN_NO_WHY
        if (*t == '@') {
            s = why->name;
        } else if (*t == '%') {
            s = why->of;
        } else if (*t == '~') {
            (void)rnn_i_put_real(piece, why->x);
        } else if (*t == '#' && k < 4) {
            const ptrdiff_t v = why->n[k++];
            const size_t size = v < 0 ? (size_t)0 - (size_t)v : (size_t)v;
            piece[0] = '-';
            (void)rnn_i_put_number(piece + (v < 0), size);
        }
#endif
        for (; *s && n + 1 < cap; s++)
            out[n++] = *s;
    }
    if (!out || !cap)
        return "";
    out[n] = 0;
    return out;
}

/* ============================================================================
 * [PRODUCT]  what the matrix kernel computes
 *
 *     C[i][j] = start + sum_o sum_k A[o][i][k] B[o][k][j]    i < m, j < n
 *
 * One chain of fma per element, o outer, k inner, both increasing; start is 0,
 * b1[j] + b2[j], or C itself. The two-level sum lets a weight gradient run
 * over t descending and b ascending; strides of 0 and below 0 are welcome.
 * k and o are at least 1. A large product goes faster through copies of what it
 * reads, for which it is lent some room; the bits are the same without. If
 * b_rows is not 0, b is a matrix in strips, and B a part of it; half: of pairs
 * of halves. Kernels take that for one row of C alone, and plain C only
 * halves: rnn_i_multiply in [ROWS] sees to it.
 * ========================================================================= */

enum { RNN_I_FROM_ZERO, RNN_I_FROM_BIAS, RNN_I_FROM_C };

typedef struct rnn_i_product {
    size_t m, n, k, o;
    const rnn_real *a;
    ptrdiff_t a_i, a_k, a_o;
    const rnn_real *b;
    ptrdiff_t b_j, b_k, b_o; /* b_j = 1 is the fast case */
    size_t b_rows, b_cols, b_row, b_col; /* of a matrix in strips: [ROWS] */
    int half;
    const rnn_real *next;    /* what is read behind B, its rows as far apart:
                                fetched meanwhile, unless NULL              */
    const rnn_real *b1, *b2; /* either may be NULL       */
    rnn_real *c;
    ptrdiff_t c_i;
    int start;
    rnn_real *room;          /* room_len numbers, or NULL */
    size_t room_len;
} rnn_i_product;

/* A matrix in strips: RNN_I_STRIP columns after the other, or what is left of
 * them, the rows of a strip being neighbours. That is the order in which a
 * product reads it, and a strip's rows begin at cache lines, whatever the
 * alignment of the caller's arrays. Of 3 rows of 150 columns, in numbers:
 *
 *     columns      0 .. 63        64 .. 127      128 .. 149
 *                  row 0  [0      row 0  [192    row 0  [384
 *                  row 1  [64     row 1  [256    row 1  [406
 *                  row 2  [128    row 2  [320    row 2  [428 .. 449]
 *
 * Rows as they lie in params are n numbers apart, mostly a multiple of a page
 * where n is a power of two, and then few of them find a place in a cache at
 * the same time. In a strip they are one stream, which processors fetch ahead.
 */
#define RNN_I_STRIP 64

/* How many strips n columns are. */
RNN_I_INLINE size_t rnn_i_strips(size_t n)
{
    return n / RNN_I_STRIP + (n % RNN_I_STRIP != 0);
}

/* How wide the strip is that column j is in. */
RNN_I_INLINE size_t rnn_i_strip(size_t cols, size_t j)
{
    return rnn_i_least(cols - j / RNN_I_STRIP * RNN_I_STRIP, RNN_I_STRIP);
}

/* Of a product by such a matrix, the strip that holds column j: how far behind
 * the matrix's beginning B is there, how far its rows are apart, and how many
 * of the columns [j, n) it has. */
RNN_I_INLINE size_t rnn_i_strip_at(const rnn_i_product *p, size_t n, size_t j,
                                   size_t *b_k, size_t *some)
{
    const size_t at = p->b_col + j, width = rnn_i_strip(p->b_cols, at);

    *b_k = width;
    *some = rnn_i_least(n - j, width - at % RNN_I_STRIP);
    return at / RNN_I_STRIP * RNN_I_STRIP * p->b_rows + p->b_row * width +
           at % RNN_I_STRIP;
}

/* A matrix in strips of halves, bfloat16, the upper 16 bits of a float. A strip
 * is always 64 columns wide, zeros behind the last, and two of its numbers are
 * one word: of columns i and i + 16 of 32, i below 16, the former in its lower
 * bits. So a shift and a mask make two vectors of a vector of words, whatever
 * its width:
 *
 *     word         0       1     ...   15      16    ...   31
 *     lower half   col 0   1     ...   15      32    ...   47
 *     upper half   col 16  17    ...   31      48    ...   63
 *
 * Words lie in an array of numbers, and are never read as such. */
#define RNN_I_PAIRS (RNN_I_STRIP / 2) /* of a row of a strip */
#if defined(__GNUC__)
typedef uint32_t __attribute__((may_alias)) rnn_i_pair;
#else
typedef uint32_t rnn_i_pair;
#endif

/* The column of a strip whose number is the lower half of word w; that of the
 * upper half is 16 further. */
RNN_I_INLINE size_t rnn_i_column(size_t w)
{
    return w / 16 * 32 + w % 16;
}

/* Of a product by such a matrix, B's words in the strip that holds column j;
 * which column of the strip that is, and how many of the columns [j, n) it has.
 */
RNN_I_INLINE const rnn_i_pair *rnn_i_pairs_at(const rnn_i_product *p, size_t n,
                                              size_t j, size_t *col,
                                              size_t *some)
{
    const rnn_i_pair *b = (const rnn_i_pair *)(const void *)p->b;
    const size_t at = p->b_col + j;

    *col = at % RNN_I_STRIP;
    *some = rnn_i_least(n - j, RNN_I_STRIP - *col);
    return b + (at / RNN_I_STRIP * p->b_rows + p->b_row) * RNN_I_PAIRS;
}

/* One step of one layer for some rows, as [CELLS] uses it. */
typedef struct rnn_i_cell_step {
    size_t rows, H;
    rnn_real *z;             /* (rows, K*H) */
    const rnn_real *h_prev;  /* (rows, H)   */
    const rnn_real *c_prev;
    const rnn_real *p;       /* (P, H) the cell's own vectors                */
    rnn_real *h, *c;         /* may be h_prev, c_prev; backward has c, no h  */
    const rnn_real *dy;      /* backward only: (rows, H), or NULL            */
    ptrdiff_t dy_row;        /* its stride                                   */
    rnn_real *dh, *dc;       /* in: from later steps; out: to the one before */
    rnn_real *dq;            /* of a cell that has q, its gradient: the array
                                dc, since no cell has both                   */
} rnn_i_cell_step;

/* dy of row b, or NULL. */
RNN_I_INLINE const rnn_real *rnn_i_dy(const rnn_i_cell_step *s, size_t b)
{
    return s->dy ? s->dy + (ptrdiff_t)b * s->dy_row : NULL;
}

/* The sums of [KERNELS], and what their terms are made of. */
enum {
    RNN_I_SUM, RNN_I_WEIGHTED, RNN_I_SPREAD, RNN_I_EXP, RNN_I_SQUARED_ERROR,
    RNN_I_SIGMOID_ERROR,
    RNN_I_SQUARES, RNN_I_DOT, RNN_I_ADDITIVE /* from here on, of products */
};
typedef struct rnn_i_terms {
    const rnn_real *x, *w, *v; /* w: weights, targets or keys */
    rnn_real *y;               /* what some write, or NULL    */
    rnn_real shift, factor;
} rnn_i_terms;

/* One step of an optimiser: its constants, and the arrays of a range. */
typedef struct rnn_i_update {
    int kind, nesterov, centered, amsgrad, momentum; /* momentum: whether any */
    int begin;                       /* the first step: moments are not read */
    rnn_real lr, decay, mu, rest_mu; /* 1 - dampening                        */
    rnn_real beta1, rest1, beta2, rest2, root, eps, initial;
    rnn_real *p;
    const rnn_real *g;
    rnn_real *m1, *m2, *m3;
} rnn_i_update;

/* The kernels of one instruction set. */
typedef struct rnn_i_kernels {
    void (*product)(const rnn_i_product *p);
    void (*map)(int f, size_t n, const rnn_real *x, rnn_real *y);
    void (*map_backward)(int f, size_t n, const rnn_real *y, rnn_real *dy);
    void (*cell_forward)(int cell, int stage, const rnn_i_cell_step *s);
    void (*cell_backward)(int cell, int stage, const rnn_i_cell_step *s);
    void (*widen)(size_t rows, const rnn_i_pair *x, rnn_real *y);
    void (*gather)(size_t n, const rnn_real *b1, const rnn_real *b2,
                   const rnn_real *w, rnn_real *y);
    void (*accumulate)(size_t n, const rnn_real *x, rnn_real *y);
    void (*accumulate_product)(size_t n, const rnn_real *x, const rnn_real *w,
                               rnn_real *y);
    void (*scale)(size_t n, rnn_real s, const rnn_real *x, rnn_real *y);
    rnn_real (*greatest)(size_t n, const rnn_real *x);
    rnn_real (*greatest_size)(size_t n, const rnn_real *x);
    rnn_real (*sum)(size_t n, const rnn_real *x, const rnn_real *w);
    rnn_real (*sum_squares)(size_t n, rnn_real s, const rnn_real *x);
    rnn_real (*exp_sum)(size_t n, rnn_real shift, rnn_real factor,
                        const rnn_real *x, rnn_real *y);
    void (*clamp)(size_t n, rnn_real limit, rnn_real *x);
    rnn_real (*spread)(size_t n, rnn_real shift, rnn_real factor,
                       const rnn_real *x);
    rnn_real (*row_loss)(int squared, size_t n, rnn_real scale,
                         const rnn_real *x, const rnn_real *t, rnn_real *dx);
    rnn_real (*score)(int additive, size_t n, const rnn_real *v,
                      const rnn_real *q, const rnn_real *k);
    void (*score_backward)(size_t n, rnn_real de,
                           const rnn_real *v, const rnn_real *q,
                           const rnn_real *k, rnn_real *dq, rnn_real *dk,
                           rnn_real *dv);
    void (*dropout)(size_t n, const uint32_t key[2], uint32_t row,
                    uint32_t limit, rnn_real keep, rnn_real *y);
    void (*update)(size_t n, const rnn_i_update *u);
} rnn_i_kernels;

/* constants of Threefry: [RANDOM] */
static const unsigned char rnn_i_turn[8] = {13, 15, 26, 6, 17, 29, 16, 24};
#define RNN_I_PARITY 0x1BD11BDAu

/* What has been found by measuring, on several processors; none changes a bit.
 * `make tune` measures each against its neighbours on the machine at hand, and
 * sh tests/tune.sh NAME VALUE... -- ROW... any values of one on any rows.
 *
 *   MC       rows of C with a turned copy of A, at a time, at most. RNN_I_ROOM
 *            has place for them with 384 terms, and for a strip of B:
 *            227,360 = 528 * 384 + 384 * 64 + 32; of two threads each has half
 *   ROWS     rows of C by a matrix in strips, at a time
 *   KC       terms of a sum, at a time: what is copied stays in a cache. Of a
 *            tile narrower than a strip, as AVX2's, a quarter: rows of a strip
 *            are 256 bytes apart, so what it reads has a quarter of the first
 *            cache's sets
 *   NEXT     numbers of a matrix in strips, from which on what is read next is
 *            fetched
 *   TALL     rows of C, and
 *   LARGE    columns and terms, from which on copies of factors are worth it
 *   WIDE     numbers between rows of B, from which on a line fetches
 *   AHEAD    how many rows ahead; and
 *   STREAM   in a strip, whose rows are neighbours: 0 where processors fetch
 *            by themselves what comes next
 *   ABREAST  vectors that go through half a function, then through the other
 *   CHUNK    numbers of z that a layer makes of its inputs, at a time; but of
 *   HEAVY    weights of the layer on, all
 *   FEW      rows in all steps, from which on training copies weights in strips
 *   WORTH    multiplications of a product of one row that threads may cut
 *
 * The tests' library has NEXT, FEW and WORTH of 1. */
#ifndef RNN_I_MC
#define RNN_I_MC 528
#endif
#ifndef RNN_I_ROWS
#define RNN_I_ROWS 192
#endif
#ifndef RNN_I_KC
#define RNN_I_KC 512
#endif
#ifndef RNN_I_NEXT
#define RNN_I_NEXT 131072
#endif
#ifndef RNN_I_TALL
#define RNN_I_TALL 48
#endif
#ifndef RNN_I_LARGE
#define RNN_I_LARGE 256
#endif
#ifndef RNN_I_WIDE
#define RNN_I_WIDE 1024
#endif
#ifndef RNN_I_AHEAD
#define RNN_I_AHEAD 6
#endif
#ifndef RNN_I_STREAM
#define RNN_I_STREAM 0
#endif
#ifndef RNN_I_ABREAST
#define RNN_I_ABREAST 16
#endif
#ifndef RNN_I_CHUNK
#define RNN_I_CHUNK 65536
#endif
#ifndef RNN_I_HEAVY
#define RNN_I_HEAVY 4194304
#endif
#ifndef RNN_I_FEW
#define RNN_I_FEW 48
#endif
#ifndef RNN_I_WORTH
#define RNN_I_WORTH 262144
#endif

/* constants of exp and log: [MATH] */
#ifdef RNN_DOUBLE
#define RNN_I_MANTISSA 52
#define RNN_I_BIAS 1023u
#define RNN_I_MAGIC 6755399441055744.0
#define RNN_I_LN2_HI 6.93147180369123816490e-01
#define RNN_I_LN2_LO 1.90821492927058770002e-10
#define RNN_I_EXP_MAX 710.0
#define RNN_I_EXP_MIN (-746.0)
#define RNN_I_TANH_MAX 20.0
#define RNN_I_ROOT_HALF ((rnn_i_bits)0x3fe6a09e667f3bcdu)
#define RNN_I_TINY 2.2250738585072014e-308
#define RNN_I_INFINITY ((rnn_i_bits)0x7ffu << 52)
#else
#define RNN_I_MANTISSA 23
#define RNN_I_BIAS 127u
#define RNN_I_MAGIC 12582912.0f
#define RNN_I_LN2_HI 0.693359375f
#define RNN_I_LN2_LO (-2.12194440e-4f)
#define RNN_I_EXP_MAX 89.0f
#define RNN_I_EXP_MIN (-104.0f)
#define RNN_I_TANH_MAX 10.0f
#define RNN_I_ROOT_HALF ((rnn_i_bits)0x3f3504f3u)
#define RNN_I_TINY 1.17549435e-38f
#define RNN_I_INFINITY ((rnn_i_bits)0xffu << 23)
#endif

/* The nearest half, of two the one whose last bit is 0; NaN is made quiet. */
RNN_I_FN uint32_t rnn_i_halved(rnn_real x)
{
    const rnn_i_bits b = rnn_i_to_bits(x);

    return (uint32_t)(x != x ? b >> 16 | 0x40u
                             : (b + 0x7fffu + (b >> 16 & 1u)) >> 16);
}

#ifdef __cplusplus
}
#endif
#endif /* !RNN_I_PASS */

/* ============================================================================
 * [KERNELS]  everything that touches many numbers, once per instruction set
 *
 * A pass over this section compiles all its functions for one instruction set,
 * under names of its own, in these words:
 *
 *     V, N, M                   W numbers; as many int32_t; what LT, EQ give
 *     LD(p) ST(p, v)            W numbers at p
 *     LDN(p, n) STN(p, v, n)    the first n <= W of them; the rest read as 0
 *     LOWER(p) UPPER(p)         halves of the W words at p, as numbers
 *     SET(x) ADD SUB MUL DIV SQRT ABS    MINUS(a) = -|a|
 *     MAD(a, b, c) = a b + c    NMAD(a, b, c) = c - a b
 *     HORNER(p, x, c) = p x + c, c a number
 *     MIN(a, b) = a < b ? a : b    MAX(a, b) = a > b ? a : b   (b if NaN)
 *     LT(a, b) EQ(a, b) LESS(|a|, |b|) NEG(a) -> M    SEL(m, a, b) = m ? a : b
 *     SELSUB(m, x, a, b) = m ? x : a - b
 *     SIGN(a, s) = |a| with the sign of s
 *     POW2(t, k) = 2^(n + k), t = MAGIC + n, n whole, and that a normal number
 *     SCALE(v, n) = v 2^n, rounded once, if an instruction does that; what else
 *     takes MAGIC + n takes n then
 *     EXPO(x) + MANT(x): x = m 2^k, m in [sqrt 1/2, sqrt 2), x normal
 *     MR rows by NV vectors: a tile of [PRODUCT]    ABREAST vectors: `mapped`
 *
 * Plain C has W = 1, and rounds each result by a function of [BASE]. All other
 * sets share one vocabulary: the compiler's vectors and C's operators. A set is
 * a block of what they do not say: its name, target, W, MR, NV, SQRT, and FUSED
 * and NFUSED (MAD and NMAD) where it has fma; its own type V if it has one; and
 * what an instruction of its own does quicker.
 *
 * Every element is computed by the same operations in the same order in all
 * passes, so all give the same bits.
 * ========================================================================= */

#if !defined(RNN_I_PASS) /* plain C, W = 1 */

#define RNN_K(name) rnn_i_c_##name
#define RNN_HOT
#define RNN_V rnn_real
#define RNN_M int
#define RNN_W 1
#define RNN_MR 2
#define RNN_NV 4
#define RNN_ABREAST 1
#define RNN_LD(p) (*(p))
#define RNN_ST(p, v) (*(p) = (v))
#define RNN_LDN(p, n) ((void)(n), *(p))
#define RNN_STN(p, v, n) ((void)(n), *(p) = (v))
#define RNN_LOWER(p) rnn_i_from_bits((rnn_i_bits)*(p) << 16)
#define RNN_UPPER(p) rnn_i_from_bits((rnn_i_bits)*(p) & 0xffff0000u)
#define RNN_SET(x) ((rnn_real)(x))
#define RNN_ADD(a, b) rnn_i_add(a, b)
#define RNN_SUB(a, b) rnn_i_sub(a, b)
#define RNN_MUL(a, b) rnn_i_mul(a, b)
#define RNN_DIV(a, b) rnn_i_div(a, b)
#define RNN_SQRT(a) rnn_i_sqrt(a)
#define RNN_MAD(a, b, c) rnn_i_fma(a, b, c)
/* -a is exact, so this rounds as c - a b does, with fma and without */
#define RNN_NMAD(a, b, c) rnn_i_fma(-(a), b, c)
#define RNN_LT(a, b) ((a) < (b))
#define RNN_LESS(a, b) (rnn_i_to_bits(a) < rnn_i_to_bits(b))
#define RNN_NEG(x) (rnn_i_to_bits(x) >> (sizeof(rnn_real) * 8 - 1) != 0)
#define RNN_EQ(a, b) ((a) == (b))
#define RNN_SEL(m, a, b) rnn_i_c_sel(m, a, b)
/* Both are there: else compilers for firmware put the way to one of them behind
 * a test, and how long a step takes, and what listens to it, would depend on
 * the data. */
RNN_I_INLINE rnn_real rnn_i_c_sel(int m, rnn_real a, rnn_real b)
{
#if defined(__GNUC__) && !__STDC_HOSTED__ && !defined(RNN_DOUBLE) &&           \
    defined(__ARM_FP) && !defined(__aarch64__)
    __asm__("" : "+t"(a), "+t"(b));
#elif defined(__GNUC__) && !__STDC_HOSTED__ && defined(__riscv_flen)
    __asm__("" : "+f"(a), "+f"(b));
#endif
    return m ? a : b;
}
/* As x86 has them: b where one is NaN. So what may be NaN stands second, and
 * comes out again: in exp, relu, clamp. */
RNN_I_INLINE rnn_real rnn_i_c_min(rnn_real a, rnn_real b)
{
    return a < b ? a : b;
}
RNN_I_INLINE rnn_real rnn_i_c_max(rnn_real a, rnn_real b)
{
    return a > b ? a : b;
}
RNN_I_INLINE rnn_real rnn_i_c_abs(rnn_real a)
{
    const rnn_i_bits top = (rnn_i_bits)1 << (sizeof(rnn_real) * 8 - 1);
    return rnn_i_from_bits(rnn_i_to_bits(a) & ~top);
}
/* of a that has none */
RNN_I_INLINE rnn_real rnn_i_c_sign(rnn_real a, rnn_real s)
{
    const rnn_i_bits top = (rnn_i_bits)1 << (sizeof(rnn_real) * 8 - 1);
    return rnn_i_from_bits(rnn_i_to_bits(a) | (rnn_i_to_bits(s) & top));
}
/* The last bits of MAGIC + n are n, since there a number's last bit is worth 1.
 * The shift drops MAGIC's own and leaves n + BIAS as the exponent. */
RNN_I_INLINE rnn_real rnn_i_c_pow2(rnn_real t, unsigned k)
{
    return rnn_i_from_bits((rnn_i_to_bits(t) + (RNN_I_BIAS + k))
                           << RNN_I_MANTISSA);
}
/* The bits of x less those of sqrt 1/2: above the mantissa that is k, and below
 * it m, counted from sqrt 1/2. BIAS keeps a negative k out of a shift to the
 * right, which C leaves open. */
RNN_I_INLINE rnn_real rnn_i_c_expo(rnn_real x)
{
    rnn_i_bits b = rnn_i_to_bits(x) - RNN_I_ROOT_HALF +
                   ((rnn_i_bits)RNN_I_BIAS << RNN_I_MANTISSA);
    return (rnn_real)((int)(b >> RNN_I_MANTISSA) - (int)RNN_I_BIAS);
}
RNN_I_INLINE rnn_real rnn_i_c_mant(rnn_real x)
{
    rnn_i_bits b = rnn_i_to_bits(x) - RNN_I_ROOT_HALF;
    b &= ((rnn_i_bits)1 << RNN_I_MANTISSA) - 1u;
    return rnn_i_from_bits(b + RNN_I_ROOT_HALF);
}
#define RNN_MIN(a, b) rnn_i_c_min(a, b)
#define RNN_MAX(a, b) rnn_i_c_max(a, b)
#define RNN_SIGN(a, s) rnn_i_c_sign(a, s)
#define RNN_ABS(a) rnn_i_c_abs(a)
#define RNN_MINUS(a) (-rnn_i_c_abs(a))
#define RNN_POW2(t, k) rnn_i_c_pow2(t, k)
#define RNN_EXPO(x) rnn_i_c_expo(x)
#define RNN_MANT(x) rnn_i_c_mant(x)

#elif RNN_I_PASS == RNN_I_PASS_AVX2

#define RNN_K(name) rnn_i_avx2_##name
#define RNN_HOT __attribute__((target("avx2,fma")))
#define RNN_V __m256
#define RNN_W 8
#define RNN_MR 6
#define RNN_NV 2
RNN_I_INLINE RNN_HOT __m256i rnn_i_avx2_lanes(size_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
#define RNN_LDN(p, n) _mm256_maskload_ps(p, rnn_i_avx2_lanes(n))
#define RNN_STN(p, v, n) _mm256_maskstore_ps(p, rnn_i_avx2_lanes(n), v)
#define RNN_FUSED(a, b, c) _mm256_fmadd_ps(a, b, c)
#define RNN_NFUSED(a, b, c) _mm256_fnmadd_ps(a, b, c)
#define RNN_SQRT(a) _mm256_sqrt_ps(a)
#define RNN_MIN(a, b) _mm256_min_ps(a, b)
#define RNN_MAX(a, b) _mm256_max_ps(a, b)
#define RNN_SEL(m, a, b) _mm256_blendv_ps(b, a, (__m256)(m))

#elif RNN_I_PASS == RNN_I_PASS_AVX512

#define RNN_K(name) rnn_i_avx512_##name
#define RNN_HOT __attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma")))
#define RNN_V __m512
#define RNN_W 16
#define RNN_MR 6
#define RNN_NV 4
#define RNN_I_FIRST(n) ((__mmask16)((1u << (n)) - 1u))
/* maskz forms with all lanes on: gcc 12 calls the plain ones uninitialised */
#define RNN_I_ALL ((__mmask16)0xffffu)
#define RNN_LDN(p, n) _mm512_maskz_loadu_ps(RNN_I_FIRST(n), p)
#define RNN_STN(p, v, n) rnn_i_avx512_stn(p, v, n)
/* A load of what a masked store has written waits until that is in the cache:
 * build/bench 'lstm stream 4 4 1 1'. So a quarter and a half of a vector go
 * without a mask. */
RNN_I_INLINE RNN_HOT void rnn_i_avx512_stn(float *p, __m512 v, size_t n)
{
    if (n == 4)
        __builtin_memcpy(p, &v, 16);
    else if (n == 8)
        __builtin_memcpy(p, &v, 32);
    else
        _mm512_mask_storeu_ps(p, RNN_I_FIRST(n), v);
}
#define RNN_FUSED(a, b, c) _mm512_fmadd_ps(a, b, c)
#define RNN_NFUSED(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define RNN_SQRT(a) _mm512_maskz_sqrt_ps(RNN_I_ALL, a)
#define RNN_MIN(a, b) _mm512_maskz_min_ps(RNN_I_ALL, a, b)
#define RNN_MAX(a, b) _mm512_maskz_max_ps(RNN_I_ALL, a, b)
#define RNN_M __mmask16
#define RNN_LT(a, b) _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)
#define RNN_EQ(a, b) _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ)
#define RNN_SEL(m, a, b) _mm512_mask_blend_ps(m, b, a)
#define RNN_SCALE(v, n) _mm512_maskz_scalef_ps(RNN_I_ALL, v, n)
#define RNN_SELSUB(m, x, a, b) _mm512_mask_sub_ps(x, (__mmask16)~(m), a, b)

#elif RNN_I_PASS == RNN_I_PASS_NEON /* of aarch64 */

#define RNN_K(name) rnn_i_neon_##name
#define RNN_HOT
#define RNN_V float32x4_t
#define RNN_W 4
#define RNN_MR 6
#define RNN_NV 4
#define RNN_FUSED(a, b, c) vfmaq_f32(c, a, b)
#define RNN_NFUSED(a, b, c) vfmsq_f32(c, a, b)
#define RNN_SQRT(a) vsqrtq_f32(a)

#elif RNN_I_PASS == RNN_I_PASS_HELIUM /* eight registers */

#define RNN_K(name) rnn_i_helium_##name
#define RNN_HOT
#define RNN_W 4
#define RNN_MR 2
#define RNN_NV 2
#define RNN_ABREAST 1
#define RNN_V rnn_i_helium_v
typedef float RNN_V __attribute__((vector_size(16)));
/* What follows are instructions, since to gcc 12 an intrinsic may write to any
 * memory, and nothing behind one folds: an LSTM's step (make firmware) had 21
 * KB and 1.4 KB of stack, and has 3 and 0.1. volatile: each where it is wanted,
 * and not in registers that it has not. Nor is a constant vector a literal, of
 * which gcc 12 counts half the bytes, and jumps too far. */
#define RNN_SET(x) rnn_i_helium_set(x)
RNN_I_INLINE RNN_V rnn_i_helium_set(float x)
{
    RNN_V v;
    __asm__ volatile("vdup.32 %q0, %1" : "=w"(v) : "r"(x));
    return v;
}
#define RNN_LDN(p, n) rnn_i_helium_ldn(p, n)
#define RNN_STN(p, v, n) rnn_i_helium_stn(p, v, n)
RNN_I_INLINE RNN_V rnn_i_helium_ldn(const float *p, size_t n)
{
    RNN_V v = {0, 0, 0, 0};
    v[0] = p[0];
    if (n > 1)
        v[1] = p[1];
    if (n > 2)
        v[2] = p[2];
    return v;
}
/* not inline: so many ways through a function and gcc folds none of them */
RNN_I_APART void rnn_i_helium_stn(float *p, RNN_V v, size_t n)
{
    p[0] = v[0];
    if (n > 1)
        p[1] = v[1];
    if (n > 2)
        p[2] = v[2];
}
#define RNN_I_HELIUM_OF(name, op)                                              \
    RNN_I_INLINE RNN_V rnn_i_helium_##name(RNN_V a, RNN_V b, RNN_V c)          \
    {                                                                          \
        __asm__(op " %q0, %q1, %q2" : "+w"(c) : "w"(a), "w"(b));               \
        return c;                                                              \
    }
RNN_I_HELIUM_OF(fma, "vfma.f32")
RNN_I_HELIUM_OF(fms, "vfms.f32")
#undef RNN_I_HELIUM_OF
#define RNN_FUSED(a, b, c) rnn_i_helium_fma(a, b, c)
#define RNN_NFUSED(a, b, c) rnn_i_helium_fms(a, b, c)
#if RNN_FMA /* a constant in a register of its own kind, of which more are */
#define RNN_HORNER(p, x, c) rnn_i_helium_horner(p, x, c)
RNN_I_INLINE RNN_V rnn_i_helium_horner(RNN_V p, RNN_V x, float c)
{
    __asm__("vfmas.f32 %q0, %q1, %2" : "+w"(p) : "w"(x), "r"(c));
    return p;
}
#endif
/* lane by lane, where lanes are registers: s0 to s3 are q0 */
#define RNN_DIV(a, b) rnn_i_helium_div(a, b)
RNN_I_INLINE RNN_V rnn_i_helium_div(RNN_V a, RNN_V b)
{
    RNN_V x;
    __asm__("vmov q0, %q1\n\tvmov q1, %q2\n\t"
            "vdiv.f32 s0, s0, s4\n\tvdiv.f32 s1, s1, s5\n\t"
            "vdiv.f32 s2, s2, s6\n\tvdiv.f32 s3, s3, s7\n\t"
            "vmov %q0, q0"
            : "=w"(x)
            : "w"(a), "w"(b)
            : "q0", "q1");
    return x;
}
#define RNN_SQRT(a) rnn_i_helium_sqrt(a)
RNN_I_INLINE RNN_V rnn_i_helium_sqrt(RNN_V a)
{
    RNN_V x;
    __asm__("vmov q0, %q1\n\t"
            "vsqrt.f32 s0, s0\n\tvsqrt.f32 s1, s1\n\t"
            "vsqrt.f32 s2, s2\n\tvsqrt.f32 s3, s3\n\t"
            "vmov %q0, q0"
            : "=w"(x)
            : "w"(a)
            : "q0");
    return x;
}
#ifndef __clang__ /* of C's operators gcc makes no vectors here */
#define RNN_M uint16_t
#define RNN_I_HELIUM_IF(name, op)                                              \
    RNN_I_INLINE RNN_M rnn_i_helium_##name(RNN_V a, RNN_V b)                   \
    {                                                                          \
        RNN_M m;                                                               \
        __asm__("vcmp.f32 " op ", %q1, %q2" : "=Up"(m) : "w"(a), "w"(b));      \
        return m;                                                              \
    }
RNN_I_HELIUM_IF(lt, "lt")
RNN_I_HELIUM_IF(eq, "eq")
#undef RNN_I_HELIUM_IF
#define RNN_LT(a, b) rnn_i_helium_lt(a, b)
#define RNN_EQ(a, b) rnn_i_helium_eq(a, b)
#define RNN_SEL(m, a, b) rnn_i_helium_sel(m, a, b)
RNN_I_INLINE RNN_V rnn_i_helium_sel(RNN_M m, RNN_V a, RNN_V b)
{
    RNN_V v;
    __asm__("vpsel %q0, %q1, %q2" : "=w"(v) : "w"(a), "w"(b), "Up"(m));
    return v;
}
#endif

#elif RNN_I_PASS == RNN_I_PASS_WASM /* without fma */

#define RNN_K(name) rnn_i_wasm_##name
#define RNN_HOT
#define RNN_W 4
#define RNN_MR 4
#define RNN_NV 2
#define RNN_SQRT(a) ((RNN_V)wasm_f32x4_sqrt((v128_t)(a)))

#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef RNN_SELSUB
#define RNN_SELSUB(m, x, a, b) RNN_SEL(m, x, RNN_SUB(a, b))
#endif
#ifndef RNN_HORNER
#define RNN_HORNER(p, x, c) RNN_MAD(p, x, RNN_SET(c))
#endif

#if RNN_W > 1 /* what a set's block leaves to the compiler's vectors */
#ifndef RNN_V
#define RNN_V RNN_K(v)
typedef float RNN_V __attribute__((vector_size(4 * RNN_W)));
#endif
#define RNN_N RNN_K(n)
typedef int32_t RNN_N __attribute__((vector_size(4 * RNN_W)));
typedef uint32_t RNN_K(u) __attribute__((vector_size(4 * RNN_W)));
typedef float RNN_K(at) /* in an array of floats, anywhere */
    __attribute__((vector_size(4 * RNN_W), aligned(4), may_alias));

#define RNN_LD(p) ((RNN_V)*(const RNN_K(at) *)(p))
#define RNN_LOWER(p) ((RNN_V)((RNN_K(u)) * (const RNN_K(at) *)(p) << 16))
#define RNN_UPPER(p) ((RNN_V)((RNN_K(u)) * (const RNN_K(at) *)(p)&0xffff0000u))
#define RNN_ST(p, v) (*(RNN_K(at) *)(p) = (RNN_K(at))(v))
#define RNN_ADD(a, b) ((RNN_V)((a) + (b)))
#define RNN_SUB(a, b) ((RNN_V)((a) - (b)))
#define RNN_MUL(a, b) ((RNN_V)((a) * (b)))
#ifndef RNN_DIV
#define RNN_DIV(a, b) ((RNN_V)((a) / (b)))
#endif
#if RNN_FMA
#define RNN_MAD(a, b, c) RNN_FUSED(a, b, c)
#define RNN_NMAD(a, b, c) RNN_NFUSED(a, b, c)
#else
#define RNN_MAD(a, b, c) ((RNN_V)((a) * (b) + (c)))
#define RNN_NMAD(a, b, c) ((RNN_V)((c) - (a) * (b)))
#endif

#ifndef RNN_SET
#define RNN_SET(x) RNN_K(set)(x)
RNN_I_INLINE RNN_HOT RNN_V RNN_K(set)(rnn_real x)
{
    const RNN_V zero = {0};
    return (RNN_V)(x - zero); /* in every lane; + 0 would make 0 of -0 */
}
#endif

#ifndef RNN_SEL /* masks: all bits of a lane, or none */
#define RNN_SEL(m, a, b) RNN_K(sel)(m, a, b)
RNN_I_INLINE RNN_HOT RNN_V RNN_K(sel)(RNN_N m, RNN_V a, RNN_V b)
{
    return (RNN_V)(((RNN_N)a & m) | ((RNN_N)b & ~m));
}
#endif
#ifndef RNN_LT
#define RNN_M RNN_N
#define RNN_LT(a, b) ((RNN_N)((a) < (b)))
#define RNN_EQ(a, b) ((RNN_N)((a) == (b)))
#endif
#ifndef RNN_MIN
#define RNN_MIN(a, b) RNN_K(min)(a, b)
#define RNN_MAX(a, b) RNN_K(max)(a, b)
RNN_I_INLINE RNN_HOT RNN_V RNN_K(min)(RNN_V a, RNN_V b)
{
    return RNN_SEL(RNN_LT(a, b), a, b);
}
RNN_I_INLINE RNN_HOT RNN_V RNN_K(max)(RNN_V a, RNN_V b)
{
    return RNN_SEL(RNN_LT(b, a), a, b);
}
#endif

#define RNN_ABS(a) ((RNN_V)((RNN_N)(a) & 0x7fffffff))
#define RNN_MINUS(a) ((RNN_V)((RNN_K(u))(a) | 0x80000000u))
#define RNN_LESS(a, b) RNN_LT(a, b)
#define RNN_NEG(x) RNN_LT(x, RNN_SET(0))
#define RNN_SIGN(a, s) RNN_K(sign)(a, s)
#define RNN_POW2(t, k) RNN_K(pow2)(t, k)
#define RNN_EXPO(x) RNN_K(expo)(x)
#define RNN_MANT(x) RNN_K(mant)(x)
RNN_I_INLINE RNN_HOT RNN_V RNN_K(sign)(RNN_V a, RNN_V s)
{
    return (RNN_V)(((RNN_K(u))a & 0x7fffffffu) | ((RNN_K(u))s & 0x80000000u));
}
RNN_I_INLINE RNN_HOT RNN_V RNN_K(pow2)(RNN_V t, unsigned k)
{
    return (RNN_V)(((RNN_K(u))t + (RNN_I_BIAS + k)) << RNN_I_MANTISSA);
}
RNN_I_INLINE RNN_HOT RNN_V RNN_K(expo)(RNN_V x)
{
    const RNN_V root = RNN_SET(rnn_i_from_bits(RNN_I_ROOT_HALF));
    const RNN_K(u) y = (RNN_K(u))x - (RNN_K(u))root;
    const RNN_N k = (RNN_N)y >> RNN_I_MANTISSA;
    /* k as a number: MAGIC + k, whose last bit is 1, less MAGIC */
    return RNN_SUB((RNN_V)(k + (RNN_N)RNN_SET(RNN_I_MAGIC)),
                   RNN_SET(RNN_I_MAGIC));
}
RNN_I_INLINE RNN_HOT RNN_V RNN_K(mant)(RNN_V x)
{
    const RNN_V root = RNN_SET(rnn_i_from_bits(RNN_I_ROOT_HALF));
    return (RNN_V)((((RNN_K(u))x - (RNN_K(u))root) & 0x7fffffu) +
                   (RNN_K(u))root);
}
#endif

#ifndef RNN_ABREAST /* 1 where a processor does not look ahead */
#define RNN_ABREAST RNN_I_ABREAST
#endif

/* What the code below relies on. Sums have 16 lanes; `strip` knows ends of up
 * to five rows; a panel of copied columns has room for 64. */
#if 16 % RNN_W != 0
#error "rnn.h: a vector has W numbers, and W must divide 16"
#endif
#if RNN_MR < 2 || RNN_MR > 6 || RNN_NV < 1
#error "rnn.h: a tile has 2 to 6 rows (MR) and one vector (NV) or more"
#endif
#if RNN_W > 1 && RNN_NV * RNN_W > 64
#error "rnn.h: a tile is at most 64 columns wide: NV * W"
#endif

#ifndef RNN_LDN /* no vectors of some numbers: through memory */
#define RNN_LDN(p, n) RNN_K(some)(p, n)
#define RNN_STN(p, v, n) RNN_K(keep)(p, v, n)
RNN_I_INLINE RNN_V RNN_K(some)(const rnn_real *p, size_t n)
{
    rnn_real x[RNN_W] = {0};
    size_t i;
    for (i = 0; i < n; i++)
        x[i] = p[i];
    return RNN_LD(x);
}
RNN_I_INLINE void RNN_K(keep)(rnn_real *p, RNN_V v, size_t n)
{
    rnn_real x[RNN_W];
    size_t i;
    RNN_ST(x, v);
    for (i = 0; i < n; i++)
        p[i] = x[i];
}
#endif

/* LD and ST of W numbers, or of n where fewer are left. A loop over elements
 * that is written with these needs no other code for its end. No number behind
 * n is read or written: a caller's array may end there, or another thread's
 * share begin. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(ld)(const rnn_real *p, size_t n)
{
    return n >= RNN_W ? RNN_LD(p) : RNN_LDN(p, n);
}

RNN_I_INLINE RNN_HOT void RNN_K(st)(rnn_real *p, RNN_V v, size_t n)
{
    if (n >= RNN_W)
        RNN_ST(p, v);
    else
        RNN_STN(p, v, n);
}

/* ---- [MATH]  exp, tanh, sigmoid, log ------------------------------------ */

/* The first half of exp, tanh and sigmoid of x: e^y in two parts, with y = x,
 * -2|x|, -|x| within bounds, beyond which no result changes, and n has no room.
 * y = n ln 2 + r, |r| <= ln 2 / 2, and q = e^r - 1 = r + r^2 P(r), so that
 * e^y = 2^n (1 + q); *t = MAGIC + n, or n for SCALE. The coefficients are a
 * minimax fit of q relative to r (float, error 2e-10), Taylor's (double). NaN
 * passes.
 *
 * Adding MAGIC rounds to a whole number, without an instruction that does. ln 2
 * comes in two pieces: LN2_HI has so few bits that n LN2_HI is exact in either
 * arithmetic, and r keeps its digits. q is handed on without the 1, which would
 * cost it those that tanh and sigmoid need. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(power)(int f, RNN_V x, RNN_V *t)
{
    RNN_V y, n, r, p;

    if (f == RNN_FN_TANH) {
        y = RNN_MUL(RNN_MIN(RNN_SET(RNN_I_TANH_MAX), RNN_ABS(x)), RNN_SET(-2));
    } else if (f == RNN_FN_SIGMOID) {
        y = RNN_MAX(RNN_SET(RNN_I_EXP_MIN), RNN_MINUS(x));
    } else {
        y = RNN_MIN(RNN_SET(RNN_I_EXP_MAX), x);
        y = RNN_MAX(RNN_SET(RNN_I_EXP_MIN), y);
    }
    *t = RNN_MAD(y, RNN_SET((rnn_real)1.4426950408889634),
                  RNN_SET(RNN_I_MAGIC));
    n = RNN_SUB(*t, RNN_SET(RNN_I_MAGIC));
    r = RNN_NMAD(n, RNN_SET(RNN_I_LN2_HI), y);
    r = RNN_NMAD(n, RNN_SET(RNN_I_LN2_LO), r);
#ifdef RNN_DOUBLE
    {
        double term = 1.0 / 87178291200.0; /* 1 / 14! */
        int k;
        p = term;
        for (k = 14; k > 2; k--) {
            term *= (double)k;
            p = p * r + term;
        }
    }
#else
    p = RNN_SET(1.99141563e-4f);
    p = RNN_HORNER(p, r, 1.39409804e-3f);
    p = RNN_HORNER(p, r, 8.33327323e-3f);
    p = RNN_HORNER(p, r, 4.16663550e-2f);
    p = RNN_HORNER(p, r, 1.66666672e-1f);
    p = RNN_HORNER(p, r, 0.5f);
#endif
#ifdef RNN_SCALE
    *t = n;
#endif
    return RNN_MAD(RNN_MUL(r, r), p, r);
}

/* v 2^n, rounded once, for results beyond 2^127 and below the least normal
 * number, too; t = MAGIC + n. In two factors where no instruction does it: half
 * of n leaves v normal, so the first product is exact and the second rounds. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(scaled)(RNN_V v, RNN_V t)
{
#ifdef RNN_SCALE
    return RNN_SCALE(v, t);
#else
    const RNN_V magic = RNN_SET(RNN_I_MAGIC);
    const RNN_V n = RNN_SUB(t, magic);
    const RNN_V half = RNN_MAD(n, RNN_SET((rnn_real)0.5), magic);
    const RNN_V rest = RNN_ADD(RNN_SUB(n, RNN_SUB(half, magic)), magic);

    return RNN_MUL(RNN_MUL(v, RNN_POW2(half, 0)), RNN_POW2(rest, 0));
#endif
}

/* The same where n is at most 0: 2^(n + 64) is normal, and 2^-64 rounds. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(scaled_down)(RNN_V v, RNN_V t)
{
#ifdef RNN_SCALE
    return RNN_SCALE(v, t);
#else
    return RNN_MUL(RNN_MUL(v, RNN_POW2(t, 64)),
                   RNN_SET((rnn_real)(1.0 / 18446744073709551616.0)));
#endif
}

/* The second halves, from what `power` gives. e^x = 2^n (1 + q): beyond the two
 * bounds infinity and 0. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(exp_of)(RNN_V q, RNN_V t)
{
    return RNN_K(scaled)(RNN_ADD(q, RNN_SET(1)), t);
}

/* tanh |x| = 1 - 2 e / (1 + e), e = e^(-2|x|), where that is 1/2 or more; below
 * it x + x^3 P(x^2), a minimax fit of error 1e-9 (double: -u / (2 + u), u = e -
 * 1 = 2^n q + (2^n - 1), where nothing cancels). The sign is that of x. Both
 * are computed and one is taken, as everywhere here: the lanes of a vector
 * cannot part. From TANH_MAX on tanh rounds to 1, so POW2 will do for 2^n. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(tanh_of)(RNN_V x, RNN_V q, RNN_V t)
{
#ifdef RNN_SCALE
    const RNN_V s = RNN_SCALE(RNN_SET(1), t);
#else
    const RNN_V s = RNN_POW2(t, 0);
#endif
    const RNN_V one = RNN_SET(1), y = RNN_ABS(x);
    RNN_V e = RNN_MAD(s, q, s), low;

#ifdef RNN_DOUBLE
    low = s * q + (s - 1.0);
    low = RNN_ABS(low / (2.0 + low)); /* of 0, too: SIGN wants it so */
#else
    {
        const RNN_V z = RNN_MUL(y, y);
        low = RNN_SET(-6.28256937e-3f);
        low = RNN_HORNER(low, z, 2.10778844e-2f);
        low = RNN_HORNER(low, z, -5.38539067e-2f);
        low = RNN_HORNER(low, z, 1.33326024e-1f);
        low = RNN_HORNER(low, z, -3.33333194e-1f);
        low = RNN_MAD(RNN_MUL(z, low), y, y);
    }
#endif
    e = RNN_DIV(RNN_ADD(e, e), RNN_ADD(one, e));
    e = RNN_SELSUB(RNN_LESS(y, RNN_SET((rnn_real)0.55)), low, one, e);
    return RNN_SIGN(e, x);
}

/* sigmoid(-y) = r = e / (1 + e), y = |x|, e = e^-y, and sigmoid(y) = 1 - r.
 * What rounding took from e and from d = 1 + e is put back to first order, with
 * 1 / d = 1 - r: without it r is off by up to 2.2 ulp. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(sigmoid_of)(RNN_V x, RNN_V q, RNN_V t)
{
    const RNN_V one = RNN_SET(1), h = RNN_ADD(one, q);
    RNN_V e, lost, d, r, c;

    lost = RNN_K(scaled_down)(RNN_SUB(q, RNN_SUB(h, one)), t);
    e = RNN_K(scaled_down)(h, t);
    d = RNN_ADD(one, e);
    c = RNN_ADD(RNN_SUB(e, RNN_SUB(d, one)), lost);
    r = RNN_DIV(e, d);
    c = RNN_NMAD(r, c, lost);
    r = RNN_MAD(c, RNN_SUB(one, r), r);
    return RNN_SELSUB(RNN_NEG(x), r, one, r);
}

/* log x = k ln 2 + log(1 + f), x = 2^k (1 + f): with s = f / (2 + f),
 * log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), R(z) = 2/3 z + 2/5 z^2 + ...
 *
 * EXPO and MANT want a normal number: a subnormal one is multiplied by
 * 2^MANTISSA first, and k takes that back. What comes out of the formula for
 * infinity, NaN, 0 and negative numbers is replaced at its end. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(log)(RNN_V x)
{
    const RNN_V zero = RNN_SET(0), tiny = RNN_SET(RNN_I_TINY);
    const RNN_V inf = RNN_SET(rnn_i_from_bits(RNN_I_INFINITY));
    const rnn_real shift = (rnn_real)RNN_I_MANTISSA;
    RNN_V y, k, f, s, z, r, half;

    y = RNN_SEL(RNN_LT(x, tiny),
                RNN_MUL(x, RNN_SET((rnn_real)((uint64_t)1 << RNN_I_MANTISSA))),
                x);
    k = RNN_SUB(RNN_EXPO(y),
                RNN_SEL(RNN_LT(x, tiny), RNN_SET(shift), zero));
    f = RNN_SUB(RNN_MANT(y), RNN_SET(1));
    s = RNN_DIV(f, RNN_ADD(f, RNN_SET(2)));
    z = RNN_MUL(s, s);
#ifdef RNN_DOUBLE
    {
        int i;
        r = 0.0;
        for (i = 25; i >= 3; i -= 2)
            r = r * z + 2.0 / (double)i;
    }
#else
    r = RNN_SET(0.235824049f);
    r = RNN_HORNER(r, z, 0.285372972f);
    r = RNN_HORNER(r, z, 0.400003344f);
    r = RNN_HORNER(r, z, 0.666666627f);
#endif
    r = RNN_MUL(r, z);
    half = RNN_MUL(RNN_MUL(f, f), RNN_SET((rnn_real)0.5));
    y = RNN_MAD(s, RNN_ADD(half, r), RNN_MUL(k, RNN_SET(RNN_I_LN2_LO)));
    y = RNN_SUB(f, RNN_SUB(half, y));
    y = RNN_MAD(k, RNN_SET(RNN_I_LN2_HI), y);
    y = RNN_SEL(RNN_LT(x, inf), y, x);                         /* inf, NaN */
    y = RNN_SEL(RNN_EQ(x, zero), RNN_SUB(zero, inf), y);
    return RNN_SEL(RNN_LT(x, zero), RNN_SUB(inf, inf), y);
}

/* NaN stays NaN. -0 becomes 0 by the sum, since LLVM makes a maximum of a > b ?
 * a : b where the machine has one, whatever that does with -0. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(relu)(RNN_V x)
{
    return RNN_ADD(RNN_MAX(RNN_SET(0), x), RNN_SET(0));
}

/* f of a vector in two halves: q and t are its `power`, or where f needs none
 * they are not read. f is a constant where this is inlined. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(fn_begin)(int f, RNN_V x, RNN_V *t)
{
    *t = x;
    return f == RNN_FN_TANH || f == RNN_FN_SIGMOID || f == RNN_FN_EXP
               ? RNN_K(power)(f, x, t)
               : x;
}

RNN_I_INLINE RNN_HOT RNN_V RNN_K(fn_end)(int f, RNN_V x, RNN_V q, RNN_V t)
{
    switch (f) {
    case RNN_FN_TANH: return RNN_K(tanh_of)(x, q, t);
    case RNN_FN_RELU: return RNN_K(relu)(x);
    case RNN_FN_SIGMOID: return RNN_K(sigmoid_of)(x, q, t);
    case RNN_FN_EXP: return RNN_K(exp_of)(q, t);
    case RNN_FN_LOG: return RNN_K(log)(x);
    case RNN_FN_SQRT: return RNN_SQRT(x);
    default: return x;
    }
}

/* f(x), both halves. Where code is to be small and plain C it is one function
 * for all that call it: an LSTM's step has 0.5 KB less, and 6 % more
 * instructions. */
#if RNN_W == 1 && defined(__OPTIMIZE_SIZE__)
#define RNN_SHARED RNN_I_APART
#else
#define RNN_SHARED RNN_I_INLINE RNN_HOT
#endif

RNN_I_INLINE RNN_HOT RNN_V RNN_K(both)(int f, RNN_V x)
{
    RNN_V t, q = RNN_K(fn_begin)(f, x, &t);
    return RNN_K(fn_end)(f, x, q, t);
}

RNN_SHARED RNN_V RNN_K(exp)(RNN_V x)
{
    return RNN_K(both)(RNN_FN_EXP, x);
}

RNN_SHARED RNN_V RNN_K(tanh)(RNN_V x)
{
    return RNN_K(both)(RNN_FN_TANH, x);
}

RNN_SHARED RNN_V RNN_K(sigmoid)(RNN_V x)
{
    return RNN_K(both)(RNN_FN_SIGMOID, x);
}
#undef RNN_SHARED

RNN_I_INLINE RNN_HOT RNN_V RNN_K(apply)(int f, RNN_V x)
{
    return f == RNN_FN_TANH      ? RNN_K(tanh)(x)
           : f == RNN_FN_SIGMOID ? RNN_K(sigmoid)(x)
           : f == RNN_FN_EXP     ? RNN_K(exp)(x)
                                 : RNN_K(both)(f, x);
}

/* The derivatives, from the function's own value: 1 - y^2 and y (1 - y), each
 * as c - a b, which rounds once. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(dtanh)(RNN_V y)
{
    return RNN_NMAD(y, y, RNN_SET(1));
}

RNN_I_INLINE RNN_HOT RNN_V RNN_K(dsigmoid)(RNN_V y)
{
    return RNN_NMAD(y, y, y);
}

/* y = f(x); x may be y. Where f is a constant, the loops are that function's:
 * the first half of ABREAST vectors, then the second. A vector's operations
 * wait for one another, and a processor that looks ahead holds only so many
 * that wait: with chains half as long it has twice as many vectors under way.
 * Where there are five or fewer, they all are, and short arrays are quicker as
 * one loop: build/bench 'lstm infer 24 24 16 16'. */
RNN_I_INLINE RNN_HOT void RNN_K(mapped)(int f, size_t n, const rnn_real *x,
                                        rnn_real *y)
{
    enum { most = RNN_ABREAST * RNN_W };
    RNN_V q[RNN_ABREAST], t[RNN_ABREAST];
    size_t i = 0, j, k, m;
    for (; RNN_ABREAST > 1 && n - i > 5 * RNN_W; i += m) {
        m = rnn_i_least(n - i, most);
        for (j = 0, k = 0; j < m; j += RNN_W, k++)
            q[k] = RNN_K(fn_begin)(f, RNN_K(ld)(x + i + j, m - j), &t[k]);
        for (j = 0, k = 0; j < m; j += RNN_W, k++)
            RNN_K(st)(y + i + j,
                      RNN_K(fn_end)(f, RNN_K(ld)(x + i + j, m - j), q[k], t[k]),
                      m - j);
    }
    for (; i < n; i += RNN_W)
        RNN_K(st)(y + i, RNN_K(apply)(f, RNN_K(ld)(x + i, n - i)), n - i);
}

/* y = f(x); x may be y. The two that are used most have loops of their own. */
RNN_I_FN RNN_HOT void RNN_K(map)(int f, size_t n, const rnn_real *x,
                                 rnn_real *y)
{
    if (f == RNN_FN_TANH)
        RNN_K(mapped)(RNN_FN_TANH, n, x, y);
    else if (f == RNN_FN_SIGMOID)
        RNN_K(mapped)(RNN_FN_SIGMOID, n, x, y);
    else
        RNN_K(mapped)(f, n, x, y);
}

/* dy becomes dy f'(z), from y = f(z). Of IDENTITY it stays as it is; EXP, LOG
 * and SQRT never come here, as no layer has them (rnn_linear_size). ReLU's
 * derivative is 0 at 0. */
RNN_I_FN RNN_HOT void RNN_K(map_backward)(int f, size_t n, const rnn_real *y,
                                   rnn_real *dy)
{
    size_t i;
    for (i = 0; i < n; i += RNN_W) {
        RNN_V v = RNN_K(ld)(y + i, n - i), d = RNN_K(ld)(dy + i, n - i);
        if (f == RNN_FN_TANH)
            d = RNN_MUL(d, RNN_K(dtanh)(v));
        else if (f == RNN_FN_RELU)
            d = RNN_SEL(RNN_LT(RNN_SET(0), v), d, RNN_SET(0));
        else if (f == RNN_FN_SIGMOID)
            d = RNN_MUL(d, RNN_K(dsigmoid)(v));
        RNN_K(st)(dy + i, d, n - i);
    }
}

/* ---- the matrix kernel: [PRODUCT] --------------------------------------- */

/* However a product is cut, every element of C is one chain: its start, then o
 * ascending, in it k ascending, a MAD each. Rows and columns of C may be cut
 * anywhere. A sum may be cut only between terms, and its later piece goes on
 * from what the earlier one has left in C (FROM_C): two sums that are added up
 * would round otherwise. Copies and what is fetched ahead change no bit.
 *
 *     tile    MR rows, NV vectors: sums in registers       RNN_K(tile)
 *     strip   all rows of so many columns, tile by tile    RNN_K(strip)
 *     edge    columns that fill no strip, by vectors       RNN_K(edge)
 *     across  all columns, one block of the sum            RNN_K(across)
 *     panel   the copy of a strip of B that `across` reads
 *
 *              B   | strip 0 | strip 1 | edge |    A row of a tile multiplies
 *                  |  k x w  |  k x w  |      |    one number of A with w of
 *     A    ------- +---------+---------+------+    B. A strip of B is read by
 *     tile ======= | MR x w  |         |      |    each tile but the first from
 *     tile ======= |         |    C    |      |    a cache, and A once for each
 *     rest ------- |         |         |      |    strip.
 */
/* lines of 64 bytes in a row of a tile; 0 where it has less than one, and then
 * nothing is fetched */
#define RNN_LINES (RNN_NV * RNN_W / 16)

/* A block of the sum, `os` rounds of `ks` terms, and where it begins in A and
 * B: the product's own arrays, or copies. a is at the row, b at the column that
 * is computed. Strides are in numbers: _i by row of C, _k by term, _o by round.
 * start: where its sums start, RNN_I_FROM_C but in the first block.
 *
 * next: what of B is read later, to be fetched meanwhile by the first `tiles`
 * tiles of a strip, or NULL. How far apart that is, in bytes: by term, round,
 * tile and strip. */
typedef struct RNN_K(block) {
    const rnn_real *a, *b;
    const char *next;
    ptrdiff_t a_i, a_k, a_o, b_k, b_o, next_k, next_o, next_tile, next_strip;
    size_t ks, os, tiles;
    int start;
} RNN_K(block);

/* Where the sums of columns j and on start; c is their place in a row of C. b1
 * and b2 are added first and rounded, then come the terms: the chain begins at
 * b_ih + b_hh. `lanes` is how many columns there are, W or fewer. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(start)(const rnn_i_product *p, int start,
                                        size_t j, const rnn_real *c,
                                        size_t lanes)
{
    RNN_V v = RNN_SET(0);

    if (start == RNN_I_FROM_C)
        return RNN_K(ld)(c, lanes);
    if (start == RNN_I_FROM_BIAS && p->b1)
        v = RNN_K(ld)(p->b1 + j, lanes);
    if (start == RNN_I_FROM_BIAS && p->b2)
        v = RNN_ADD(v, RNN_K(ld)(p->b2 + j, lanes));
    return v;
}

/* One block for the mr rows of C from i, where q->a is, and nv vectors of
 * columns from j, or `lanes` columns if nv = 1. mr and nv are constants where
 * this is inlined, so acc lives in registers. A whole tile, the strip's l-th,
 * fetches its part of q->next, if there is one, and else, so that nothing
 * depends on that, what it reads anyway. So are the next rows of C fetched. */
RNN_I_INLINE RNN_HOT void RNN_K(tile)(const rnn_i_product *p,
                                      const RNN_K(block) *q, size_t i, size_t j,
                                      size_t lanes, int mr, int nv, size_t l)
{
    enum { size = sizeof(rnn_real) };
    const int whole = mr == RNN_MR && nv == RNN_NV;
    const int other = whole && q->next && l < q->tiles;
    const char *next =
        other ? q->next + (ptrdiff_t)l * q->next_tile : (const char *)q->b;
    const ptrdiff_t next_k = other ? q->next_k : q->b_k * size;
    const ptrdiff_t next_o = other ? q->next_o : q->b_o * size;
    RNN_V acc[RNN_MR][RNN_NV], row[RNN_NV];
    const rnn_real *a0 = q->a, *b0 = q->b;
    rnn_real *c = p->c + (ptrdiff_t)i * p->c_i + (ptrdiff_t)j;
    const ptrdiff_t a_i = q->a_i, a_k = q->a_k, b_k = q->b_k, c_i = p->c_i;
    size_t o, k;
    int r, v;

    RNN_I_UNROLL for (v = 0; v < nv; v++)
        row[v] = RNN_K(start)(p, q->start, j + (size_t)v * RNN_W,
                              c + v * RNN_W, lanes);
    /* row: where row 0 starts, and all rows do, unless they go on from C */
    RNN_I_UNROLL for (r = 0; r < mr; r++) {
        RNN_I_UNROLL for (v = 0; v < nv; v++)
            acc[r][v] = r && q->start == RNN_I_FROM_C
                            ? RNN_K(ld)(c + r * c_i + v * RNN_W, lanes)
                            : row[v];
    }
    if (nv == RNN_NV && i + 2 * RNN_MR <= p->m)
        for (r = 0; r < mr; r++)
            for (v = 0; v < RNN_LINES; v++)
                RNN_I_FETCH(c + (mr + r) * c_i + v * 16, 1);
    for (o = q->os;;) { /* no pointer leaves its array, not even at the end */
        const rnn_real *a = a0, *b = b0;
        const char *n = next;
        for (k = q->ks;;) {
            if (whole)
                RNN_I_FETCH(n, 0);
            RNN_I_UNROLL for (v = 0; v < nv; v++)
                row[v] = lanes >= RNN_W ? RNN_LD(b + v * RNN_W)
                                        : RNN_LDN(b, lanes);
            RNN_I_UNROLL for (r = 0; r < mr; r++) {
                const RNN_V x = RNN_SET(a[r * a_i]);
                RNN_I_UNROLL for (v = 0; v < nv; v++)
                    acc[r][v] = RNN_MAD(x, row[v], acc[r][v]);
            }
            if (--k == 0)
                break;
            a += a_k;
            b += b_k;
            n += next_k;
        }
        if (--o == 0)
            break;
        a0 += q->a_o;
        b0 += q->b_o;
        next += next_o;
    }
    RNN_I_UNROLL for (r = 0; r < mr; r++) {
        RNN_I_UNROLL for (v = 0; v < nv; v++)
            RNN_K(st)(c + r * c_i + v * RNN_W, acc[r][v], lanes);
    }
}

/* rows [i, end) of one strip of columns, one block; q.a is at row i, and moves
 * on with it: q is the callee's own. At the end tiles of four and three or four
 * are quicker than one of six and one of one or two, which reads as much of B.
 */
RNN_I_INLINE RNN_HOT void RNN_K(strip)(const rnn_i_product *p, RNN_K(block) q,
                                       size_t i, size_t end, size_t j,
                                       size_t lanes, int nv)
{
    size_t rows, l;

    for (l = 0; i < end; i += rows, l++) {
        rows = rnn_i_least(end - i, RNN_MR);
#if RNN_MR > 4
        if (end - i == RNN_MR + 1 || end - i == RNN_MR + 2)
            rows = 4;
#endif
        switch (rows) {
#if RNN_MR > 5
        case 6: RNN_K(tile)(p, &q, i, j, lanes, 6, nv, l); break;
#endif
#if RNN_MR > 4
        case 5: RNN_K(tile)(p, &q, i, j, lanes, 5, nv, l); break;
#endif
#if RNN_MR > 3
        case 4: RNN_K(tile)(p, &q, i, j, lanes, 4, nv, l); break;
#endif
#if RNN_MR > 2
        case 3: RNN_K(tile)(p, &q, i, j, lanes, 3, nv, l); break;
#endif
        case 2: RNN_K(tile)(p, &q, i, j, lanes, 2, nv, l); break;
        default: RNN_K(tile)(p, &q, i, j, lanes, 1, nv, l); break;
        }
        if (i + rows < end)
            q.a += (ptrdiff_t)rows * q.a_i;
    }
}

/* the same for the columns from j on that fill no whole strip: a vector at a
 * time, then what is left of one. whole->b is at column 0. */
RNN_I_FN RNN_HOT void RNN_K(edge)(const rnn_i_product *p,
                                  const RNN_K(block) *whole, size_t i,
                                  size_t end, size_t j)
{
    RNN_K(block) q = *whole;

    for (; j < p->n; j += RNN_W) {
        q.b = whole->b + j;
        RNN_K(strip)(p, q, i, end, j, rnn_i_least(p->n - j, RNN_W), 1);
    }
}

#if RNN_W > 1
/* `rounds` times `rows` rows of n numbers, copied to be neighbours, `width`
 * apart. Of B, a row is the columns of a strip at one term. Of A it is the rows
 * of C at one term, so what was read down a column is read along a line. */
RNN_I_INLINE RNN_HOT void RNN_K(pack)(const rnn_real *from, ptrdiff_t by_round,
                                      ptrdiff_t by_row, size_t rounds,
                                      size_t rows, size_t n, rnn_real *to,
                                      size_t width)
{
    size_t x, y, j;

    for (x = 0; x < rounds; x++)
        for (y = 0; y < rows; y++, to += width) {
            const rnn_real *row = from + (ptrdiff_t)x * by_round +
                                  (ptrdiff_t)y * by_row;
            for (j = 0; j < n; j += RNN_W)
                RNN_K(st)(to + j, RNN_K(ld)(row + j, n - j), n - j);
        }
}

/* What is fetched while a block of `rows` rows is made; b is where B is for it,
 * and `left` terms come behind it, kc at a time. Without p->next `across` looks
 * a strip ahead: a line of it for each tile.
 *
 * Where B is in strips of 64 columns, the rows of them that follow come at an
 * even pace, a part for each whole tile: all at once they would wait for
 * memory, and what this block reads for them. build/bench 'lstm infer 512 512
 * 64 64' */
RNN_I_FN void RNN_K(later)(const rnn_i_product *p, RNN_K(block) *q,
                           const rnn_real *b, size_t rows, size_t left,
                           size_t kc)
{
    enum { wide = RNN_NV * RNN_W, bytes = RNN_I_STRIP * sizeof(rnn_real) };
    /* `strip` ends without a whole one where one or two rows more are left */
    const int less = RNN_MR > 4 && rows > RNN_MR && rows % RNN_MR != 0 &&
                     rows % RNN_MR < 3;
    const size_t tiles = rows / RNN_MR - (size_t)less;
    const size_t all = tiles * (RNN_I_STRIP / wide) * q->ks;

    q->next = NULL;
    q->next_k = p->b_k * (ptrdiff_t)sizeof(rnn_real);
    q->next_o = p->b_o * (ptrdiff_t)sizeof(rnn_real);
    q->next_tile = 64;
    q->next_strip = 0;
    q->tiles = RNN_LINES;
    if (!p->next || !RNN_LINES || !tiles)
        return;
    q->next = (const char *)(left ? b + (ptrdiff_t)q->ks * p->b_k : p->next);
    left = rnn_i_least(left ? left : p->k, kc);
    q->tiles = tiles;
    q->next_k = (ptrdiff_t)rnn_i_least(left * bytes / all, 64);
    q->next_o = 0;
    q->next_tile = q->next_k * (ptrdiff_t)q->ks;
    q->next_strip = q->next_tile * (ptrdiff_t)tiles;
}

/* One block, q, of rows [i, end) of C for all columns. b is where B is for it;
 * panel NULL, or room for the copy of a strip, which the block reads then. What
 * is read next is fetched meanwhile: what block->next says, or else, if ahead
 * is not 0, the next strip of B. The edge reads B itself. */
RNN_I_FN RNN_HOT void RNN_K(across)(const rnn_i_product *p,
                                    const RNN_K(block) *block,
                                    const rnn_real *b, size_t i, size_t end,
                                    rnn_real *panel, int ahead)
{
    enum { wide = RNN_NV * RNN_W };
    RNN_K(block) q = *block;
    size_t j;

    q.next = NULL;
    q.b = b;
    RNN_K(edge)(p, &q, i, end, p->n / wide * wide);
    for (j = 0; j + wide <= p->n; j += wide) {
        q.b = b + j;
        if (panel) {
            RNN_K(pack)(b + j, p->b_o, p->b_k, q.os, q.ks, wide, panel, wide);
            q.b = panel;
            q.b_k = wide;
            q.b_o = (ptrdiff_t)(q.ks * wide);
        }
        q.next = block->next
                     ? block->next + (ptrdiff_t)(j / wide) * q.next_strip
                 : ahead && j + 2 * wide <= p->n ? (const char *)(b + j + wide)
                                                 : NULL;
        RNN_K(strip)(p, q, i, end, j, RNN_W, RNN_NV);
    }
}

/* The sum goes block by block, so that what a strip of B brings stays in the
 * cache for all rows; between blocks it waits in C, which changes no bit. A
 * large product reads copies: of the strip, and of A where its rows are
 * columns, as many rows and terms at a time as its room has place for. Rows of
 * the copy of A are not a power of two apart.
 *
 * A block has some terms of one round (k cut into even pieces of at most
 * `most`), or all terms of oc rounds. It never has some terms of several: so
 * blocks follow one another as the chain does, o outside and k inside.
 *
 *     room    up to 15 numbers to a cache line, then
 *             panel (most, NV * W)    the strip of B
 *             left  (most, wide)      the turned copy of A, mc rows at most
 *
 * What was copied lives for one block (left) or one strip of it (panel). Where
 * a_k is LARGE or more, A is taken to be read down its columns: a_i must be 1
 * then, and every caller's is. A rnn_real has 4 bytes where there are
 * vectors. */
RNN_I_APART RNN_HOT void RNN_K(blocked)(const rnn_i_product *p)
{
    enum { row = RNN_NV * RNN_W };
    const size_t terms = row < RNN_I_STRIP ? RNN_I_KC / 4 : RNN_I_KC;
    const int copies = p->room && p->room_len > 4096 && p->m >= RNN_I_TALL &&
                       p->n >= RNN_I_LARGE && p->k * p->o >= RNN_I_LARGE &&
                       (p->a_k == 1 || p->a_k >= RNN_I_LARGE);
    const int turn = copies && p->a_k != 1;
    const int ahead = copies || (p->a_k != 1 && p->m >= RNN_I_TALL);
    const size_t room = copies ? p->room_len - 16 : 0;
    const size_t wide = /* of the copy of A */
        turn ? rnn_i_least(p->m / 16 * 16 + 32,
                           rnn_i_least(room / 320, RNN_I_MC))
             : 0;
    const size_t most =
        copies ? rnn_i_least(room / (row + wide), terms) : terms;
    const size_t mc = turn ? wide : copies ? 2 * RNN_I_ROWS : p->m;
    const size_t pieces = p->k / most + (p->k % most != 0);
    const size_t kc = (p->k + pieces - 1) / pieces;
    const size_t oc = p->k < most ? most / p->k : 1;
    rnn_real *panel = NULL, *left = NULL;
    size_t o, k, i, rows;
    RNN_K(block) q;

    if (copies) {
        panel = rnn_i_at_line(p->room);
        left = panel + most * row;
    }
    for (i = 0; i < p->m; i += rows) {
        rows = rnn_i_least(p->m - i, mc);
        q.start = p->start;
        for (o = 0; o < p->o; o += q.os) {
            q.os = rnn_i_least(p->o - o, oc);
            for (k = 0; k < p->k; k += q.ks) {
                const rnn_real *b = p->b + (ptrdiff_t)o * p->b_o +
                                    (ptrdiff_t)k * p->b_k;
                q.ks = rnn_i_least(p->k - k, kc);
                q.a = p->a + (ptrdiff_t)i * p->a_i + (ptrdiff_t)o * p->a_o +
                      (ptrdiff_t)k * p->a_k;
                q.a_i = p->a_i;
                q.a_k = p->a_k;
                q.a_o = p->a_o;
                if (turn) {
                    RNN_K(pack)(q.a, q.a_o, q.a_k, q.os, q.ks, rows, left,
                                wide);
                    q.a = left;
                    q.a_i = 1;
                    q.a_k = (ptrdiff_t)wide;
                    q.a_o = (ptrdiff_t)(q.ks * wide);
                }
                q.b_k = p->b_k;
                q.b_o = p->b_o;
                RNN_K(later)(p, &q, b, rows, p->k - k - q.ks, kc);
                RNN_K(across)(p, &q, b, i, i + rows, panel, ahead);
                q.start = RNN_I_FROM_C;
            }
        }
    }
}
#endif

/* b_j is not 1: gather W columns by hand. For callers without room for a
 * transposed copy: backward with RNN_PACK_NONE, and the blocks of [LINEAR] and
 * attention where they stand alone. Chains run over o and k as in a tile. */
RNN_I_APART RNN_HOT void RNN_K(strided)(const rnn_i_product *p)
{
    rnn_real w[RNN_W];
    size_t i, j, k, o, l;

    for (j = 0; j < p->n; j += RNN_W) {
        const size_t lanes = p->n - j < RNN_W ? p->n - j : RNN_W;
        for (i = 0; i < p->m; i++) {
            rnn_real *c = p->c + (ptrdiff_t)i * p->c_i + (ptrdiff_t)j;
            RNN_V acc = RNN_K(start)(p, p->start, j, c, lanes);
            for (l = 0; l < RNN_W; l++)
                w[l] = 0;
            for (o = 0; o < p->o; o++)
                for (k = 0; k < p->k; k++) {
                    const ptrdiff_t so = (ptrdiff_t)o, sk = (ptrdiff_t)k;
                    const rnn_real *b = p->b + so * p->b_o + sk * p->b_k;
                    for (l = 0; l < lanes; l++)
                        w[l] = b[(ptrdiff_t)(j + l) * p->b_j];
                    acc = RNN_MAD(RNN_SET(p->a[(ptrdiff_t)i * p->a_i +
                                               so * p->a_o + sk * p->a_k]),
                                  RNN_LD(w), acc);
                }
            RNN_K(st)(c, acc, lanes);
        }
    }
}

#if RNN_W > 1
/* nv vectors of a row of C from column j on, of the last one the first `lanes`
 * numbers. b0 is where B's columns are, b_k from row to row. acc has place for
 * a strip of the narrowest vectors, 64 / 4, whose code every set compiles.
 *
 * Prefetchers do not follow rows of B that are a page or more apart. So where
 * ahead is not 0, the row that is `ahead` further on is fetched by hand. nv is
 * a constant, and ahead where it is 0. */
RNN_I_INLINE RNN_HOT void RNN_K(line)(const rnn_i_product *p,
                                      const rnn_real *b0, ptrdiff_t b_k,
                                      size_t j, size_t lanes, int nv,
                                      size_t ahead)
{
    enum { most = RNN_MR * RNN_NV > 16 ? RNN_MR * RNN_NV : 16 };
    RNN_V acc[most];
    const rnn_real *a0 = p->a;
    rnn_real *c = p->c + j;
    size_t o, k;
    int v;

#define RNN_I_LANES_OF(v) ((v) + 1 < nv ? RNN_W : lanes)
    RNN_I_UNROLL for (v = 0; v < nv; v++)
        acc[v] = RNN_K(start)(p, p->start, j + (size_t)v * RNN_W, c + v * RNN_W,
                              RNN_I_LANES_OF(v));
    for (o = p->o;;) {
        const rnn_real *a = a0, *b = b0;
        for (k = p->k;;) {
            const RNN_V x = RNN_SET(*a);
            if (ahead && k > ahead)
                RNN_I_UNROLL for (v = 0; v < nv; v += 16 / RNN_W)
                    RNN_I_FETCH(b + (ptrdiff_t)ahead * b_k + v * RNN_W, 0);
            RNN_I_UNROLL for (v = 0; v < nv; v++)
                acc[v] = RNN_MAD(x, RNN_K(ld)(b + v * RNN_W, RNN_I_LANES_OF(v)),
                                 acc[v]);
            if (--k == 0)
                break;
            a += p->a_k;
            b += b_k;
        }
        if (--o == 0)
            break;
        a0 += p->a_o;
        b0 += p->b_o;
    }
    RNN_I_UNROLL for (v = 0; v < nv; v++)
        RNN_K(st)(c + v * RNN_W, acc[v], RNN_I_LANES_OF(v));
#undef RNN_I_LANES_OF
}

/* Columns [j, n) of a row of C, as of the recurrent product of one stream: as
 * many at a time as there are registers for their sums, since B comes from the
 * second cache or from memory; of a matrix in strips all of one. Nothing of B
 * is read twice, so no copy is worth making here. The chains of what is left go
 * side by side. b is where B's column j is. */
RNN_I_APART RNN_HOT void RNN_K(abreast)(const rnn_i_product *p,
                                        const rnn_real *b, size_t b_k, size_t j,
                                        size_t n)
{
    enum { all = RNN_MR * RNN_NV, strip = RNN_I_STRIP / RNN_W, four = 4 };
    const ptrdiff_t k = (ptrdiff_t)b_k;

#define RNN_I_LINE(nv, lanes, ahead) RNN_K(line)(p, b, k, j, lanes, nv, ahead)
#define RNN_I_LINES_OF(nv, ahead)                                              \
    for (; j + (nv) * RNN_W <= n; j += (nv) * RNN_W, b += (nv) * RNN_W)        \
        RNN_I_LINE(nv, RNN_W, ahead)
    RNN_I_LINES_OF(all, b_k >= RNN_I_WIDE ? RNN_I_AHEAD : 0);
    if ((int)strip < (int)all && (int)strip > (int)four)
        RNN_I_LINES_OF(strip, RNN_I_STREAM);
    RNN_I_LINES_OF(four, RNN_I_STREAM);
    switch ((n - j + RNN_W - 1) / RNN_W) {
    case 4: RNN_I_LINE(4, n - j - 3 * RNN_W, 0); break;
    case 3: RNN_I_LINE(3, n - j - 2 * RNN_W, 0); break;
    case 2: RNN_I_LINE(2, n - j - RNN_W, 0); break;
    case 1: RNN_I_LINE(1, n - j, 0); break;
    default: break;
    }
#undef RNN_I_LINES_OF
#undef RNN_I_LINE
}

/* One row of C by a matrix in strips: p->b is its beginning, and b_row, b_col
 * say which part of it B is. */
RNN_I_APART RNN_HOT void RNN_K(strips)(const rnn_i_product *p)
{
    size_t j, b_k, some;

    for (j = 0; j < p->n; j += some) {
        const size_t at = rnn_i_strip_at(p, p->n, j, &b_k, &some);
        RNN_K(abreast)(p, p->b + at, b_k, j, j + some);
    }
}

#else
/* Plain C: one block, its strips as wide as the tile. Room is not used; strips
 * of 64 have been taken apart by rnn_i_multiply. */
RNN_I_FN RNN_HOT void RNN_K(blocked)(const rnn_i_product *p)
{
    RNN_K(block) q;
    size_t j;

    q.a = p->a;
    q.a_i = p->a_i;
    q.a_k = p->a_k;
    q.a_o = p->a_o;
    q.b_k = p->b_k;
    q.b_o = p->b_o;
    q.ks = p->k;
    q.os = p->o;
    q.next = NULL;
    q.next_k = q.next_o = q.next_tile = q.next_strip = 0;
    q.tiles = 0;
    q.start = p->start;
    for (j = 0; j + RNN_NV <= p->n; j += RNN_NV) {
        q.b = p->b + j;
        RNN_K(strip)(p, q, 0, p->m, j, 1, RNN_NV);
    }
    q.b = p->b;
    RNN_K(edge)(p, &q, 0, p->m, j);
}
#endif

#if RNN_W == 1
/* Where gcc knows how many columns there are it warns of the loops that are
 * left with none. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Waggressive-loop-optimizations"
#endif
/* Where a column starts; away: biases are where RNN_WEIGHT reads. */
RNN_I_INLINE rnn_real RNN_K(begin)(const rnn_i_product *p, size_t j, int away)
{
    rnn_real v;

    if (!away || p->start != RNN_I_FROM_BIAS)
        return RNN_K(start)(p, p->start, j, p->c + j, 1);
    v = p->b1 ? RNN_WEIGHT(p->b1 + j) : 0;
    return p->b2 ? RNN_ADD(v, RNN_WEIGHT(p->b2 + j)) : v;
}

/* C's columns [j, j + nv) of one row, o = 1; nv, `terms`, away are constants. A
 * term of a column is a load and a fma; the rest, a load for nv columns and the
 * loop for `terms` terms of them. away: so is B. */
RNN_I_INLINE void RNN_K(sums)(const rnn_i_product *p, size_t j, int nv,
                              int terms, int away)
{
    const rnn_real *a = p->a, *b = p->b + j * (size_t)p->b_j;
    rnn_real acc[RNN_I_COLUMNS];
    size_t k;
    int v, i;

    RNN_I_UNROLL for (v = 0; v < nv; v++)
        acc[v] = RNN_K(begin)(p, j + (size_t)v, away);
    for (k = p->k; k >= (size_t)terms; k -= (size_t)terms) {
        RNN_I_UNROLL for (i = 0; i < terms; i++, b += p->b_k)
            RNN_I_UNROLL for (v = 0; v < nv; v++)
                acc[v] = RNN_MAD(a[i * p->a_k],
                                 away ? RNN_WEIGHT(b + v * p->b_j)
                                      : b[v * p->b_j],
                                 acc[v]);
        a += terms * p->a_k;
    }
    for (; k; k--, a += p->a_k, b += p->b_k)
        RNN_I_UNROLL for (v = 0; v < nv; v++)
            acc[v] = RNN_MAD(*a,
                             away ? RNN_WEIGHT(b + v * p->b_j) : b[v * p->b_j],
                             acc[v]);
    RNN_I_UNROLL for (v = 0; v < nv; v++)
        p->c[j + (size_t)v] = acc[v];
}

/* One row of C in a function of the caller's, which knows all sizes:
 * RNN_DEFINE_STEP. */
RNN_I_INLINE void RNN_K(row)(const rnn_i_product *p)
{
    enum { wide = RNN_I_COLUMNS, terms = RNN_I_TERMS };
    size_t j = 0;

    for (; j + wide <= p->n; j += wide)
        RNN_K(sums)(p, j, wide, terms, 1);
    for (; wide > 4 && j + 4 <= p->n; j += 4)
        RNN_K(sums)(p, j, 4, 4 * terms, 1);
    for (; j < p->n; j++)
        RNN_K(sums)(p, j, 1, 1, 1);
}

/* The same for functions that all products call. */
RNN_I_INLINE void RNN_K(few)(rnn_i_product *p, size_t n, size_t k)
{
    p->k = k;
    p->start = RNN_I_FROM_C;
    while (n) {
        const int some = n < 4 ? 1 : 4;
        if (some == 4)
            RNN_K(sums)(p, 0, 4, 1, 0);
        else
            RNN_K(sums)(p, 0, 1, 1, 0);
        n -= (size_t)some;
        p->b += some * p->b_j;
        p->c += some;
    }
}

RNN_I_APART RNN_HOT void RNN_K(row_by_back)(const rnn_real *a,
                                            const rnn_real *b, ptrdiff_t b_j,
                                            rnn_real *c, size_t n, size_t k)
{
    rnn_i_product p;

    p.a = a;
    p.a_k = 1;
    p.b = b;
    p.b_j = b_j;
    p.b_k = 1;
    p.c = c;
    RNN_K(few)(&p, n, k);
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#endif

/* y, the 64 columns of a strip, += a B: b is the strip's first row. All sums at
 * a time; eight of plain C, and four of Helium, which has few registers. */
RNN_I_INLINE RNN_HOT void RNN_K(half_strip)(const rnn_i_product *p,
                                            const rnn_i_pair *b, rnn_real *y)
{
    enum { each = RNN_W == 1 ? 4 : RNN_MR < 4 ? 2 : RNN_I_PAIRS / RNN_W };
    RNN_V lower[each], upper[each];
    size_t w, k;
    int v;

    for (w = 0; w < RNN_I_PAIRS; w += each * RNN_W) {
        RNN_I_UNROLL for (v = 0; v < each; v++) {
            lower[v] = RNN_LD(y + rnn_i_column(w + (size_t)v * RNN_W));
            upper[v] = RNN_LD(y + rnn_i_column(w + (size_t)v * RNN_W) + 16);
        }
        for (k = 0; k < p->k; k++) {
            const rnn_i_pair *x = b + k * RNN_I_PAIRS + w;
            const RNN_V a = RNN_SET(p->a[k]);
            RNN_I_UNROLL for (v = 0; v < each; v++) {
                lower[v] = RNN_MAD(a, RNN_LOWER(x + v * RNN_W), lower[v]);
                upper[v] = RNN_MAD(a, RNN_UPPER(x + v * RNN_W), upper[v]);
            }
        }
        RNN_I_UNROLL for (v = 0; v < each; v++) {
            RNN_ST(y + rnn_i_column(w + (size_t)v * RNN_W), lower[v]);
            RNN_ST(y + rnn_i_column(w + (size_t)v * RNN_W) + 16, upper[v]);
        }
    }
}

/* One row of C by a matrix of halves. Sums of a strip are made of all of its
 * columns, and those that are asked for are copied. */
RNN_I_APART RNN_HOT void RNN_K(halves)(const rnn_i_product *p)
{
    rnn_real y[RNN_I_STRIP];
    size_t j, i, col, some;

    for (j = 0; j < p->n; j += some) {
        const rnn_i_pair *b = rnn_i_pairs_at(p, p->n, j, &col, &some);
        rnn_real *c = p->c + j;
        if (some < RNN_I_STRIP)
            rnn_i_copy(y, NULL, RNN_I_STRIP);
        for (i = 0; i < some; i += RNN_W)
            RNN_K(st)(y + col + i,
                      RNN_K(start)(p, p->start, j + i, c + i, some - i),
                      some - i);
        RNN_K(half_strip)(p, b, y);
        for (i = 0; i < some; i += RNN_W)
            RNN_K(st)(c + i, RNN_K(ld)(y + col + i, some - i), some - i);
    }
}

/* So many rows of a strip of halves, as numbers. */
RNN_I_FN RNN_HOT void RNN_K(widen)(size_t rows, const rnn_i_pair *x,
                                   rnn_real *y)
{
    size_t r, w;

    for (r = 0; r < rows; r++, x += RNN_I_PAIRS, y += RNN_I_STRIP)
        for (w = 0; w < RNN_I_PAIRS; w += RNN_W) {
            RNN_ST(y + rnn_i_column(w), RNN_LOWER(x + w));
            RNN_ST(y + rnn_i_column(w) + 16, RNN_UPPER(x + w));
        }
}

/* C = start + A B by the way that suits: columns that are not neighbours one by
 * one; one row of C by lines of B, by strips or by halves; else tiles, block by
 * block. */
RNN_I_FN RNN_HOT void RNN_K(product)(const rnn_i_product *p)
{
    if (p->b_j != 1)
        RNN_K(strided)(p);
#if RNN_W > 1
    else if (p->m == 1 && !p->b_rows)
        RNN_K(abreast)(p, p->b, (size_t)p->b_k, 0, p->n);
    else if (p->m == 1 && !p->half)
        RNN_K(strips)(p);
#endif
    else if (p->b_rows)
        RNN_K(halves)(p);
    else
        RNN_K(blocked)(p);
}

/* y = (b1 + b2) + w, a one-hot product; all three may be NULL. With finite
 * weights it has the bits of the product with that x, whose other terms are 0,
 * but for the sign of a 0. */
RNN_I_SHARED RNN_HOT void RNN_K(gather)(size_t n, const rnn_real *b1,
                                        const rnn_real *b2, const rnn_real *w,
                                        rnn_real *y)
{
    size_t i;
    for (i = 0; i < n; i += RNN_W) {
        RNN_V v = b1 ? RNN_K(ld)(b1 + i, n - i) : RNN_SET(0);
        if (b2)
            v = RNN_ADD(v, RNN_K(ld)(b2 + i, n - i));
        if (w)
            v = RNN_ADD(v, RNN_K(ld)(w + i, n - i));
        RNN_K(st)(y + i, v, n - i);
    }
}

#if RNN_W > 1
/* One row of C in a function of the caller's, which knows all sizes. */
RNN_I_INLINE RNN_HOT void RNN_K(row)(const rnn_i_product *p)
{
    const ptrdiff_t k = p->b_k;
    size_t j = p->k ? 0 : p->n;

    if (!p->k) /* biases alone */
        RNN_K(gather)(p->n, p->b1, p->b2, NULL, p->c);
    for (; j + 4 * RNN_W <= p->n; j += 4 * RNN_W)
        RNN_K(line)(p, p->b + j, k, j, RNN_W, 4, 0);
    for (; j + RNN_W <= p->n; j += RNN_W)
        RNN_K(line)(p, p->b + j, k, j, RNN_W, 1, 0);
    if (j < p->n)
        RNN_K(line)(p, p->b + j, k, j, p->n - j, 1, 0);
}

/* The same for functions that all products call. */
RNN_I_INLINE RNN_HOT void RNN_K(few)(rnn_i_product *p, size_t n, size_t k)
{
    p->n = n;
    p->k = k;
    p->o = 1;
    p->start = RNN_I_FROM_C;
    p->b1 = p->b2 = NULL;
    RNN_K(row)(p);
}
#endif

/* Rows of C in functions that all products of a training step call:
 * RNN_DEFINE_FORWARD, RNN_DEFINE_BACKWARD. Their arguments are few, since calls
 * are most of such a step's code.
 *
 *     row_by          c (n) += a (k) B      A's numbers a_k apart, B's rows b_k
 *     row_by_back     c (n) += a (k) B^T    B's rows b_j apart
 */
RNN_I_APART RNN_HOT void RNN_K(row_by)(const rnn_real *a, ptrdiff_t a_k,
                                       const rnn_real *b, ptrdiff_t b_k,
                                       rnn_real *c, size_t n, size_t k)
{
    rnn_i_product p;

    p.a = a;
    p.a_k = a_k;
    p.b = b;
    p.b_j = 1;
    p.b_k = b_k;
    p.c = c;
    RNN_K(few)(&p, n, k);
}

/* y += x */
RNN_I_SHARED RNN_HOT void RNN_K(accumulate)(size_t n, const rnn_real *x,
                                            rnn_real *y)
{
    size_t i;
    for (i = 0; i < n; i += RNN_W)
        RNN_K(st)(y + i, RNN_ADD(RNN_K(ld)(y + i, n - i),
                                 RNN_K(ld)(x + i, n - i)), n - i);
}

/* y += x w, each number by its own */
RNN_I_SHARED RNN_HOT void RNN_K(accumulate_product)(size_t n,
                                                    const rnn_real *x,
                                                    const rnn_real *w,
                                                    rnn_real *y)
{
    size_t i;
    for (i = 0; i < n; i += RNN_W)
        RNN_K(st)(y + i, RNN_MAD(RNN_K(ld)(x + i, n - i),
                                 RNN_K(ld)(w + i, n - i),
                                 RNN_K(ld)(y + i, n - i)), n - i);
}

/* y = s x */
RNN_I_FN RNN_HOT void RNN_K(scale)(size_t n, rnn_real s, const rnn_real *x,
                                   rnn_real *y)
{
    size_t i;
    for (i = 0; i < n; i += RNN_W)
        RNN_K(st)(y + i, RNN_MUL(RNN_SET(s), RNN_K(ld)(x + i, n - i)), n - i);
}

/* ---- sums: 16 lanes by index mod 16, folded 8, 4, 2, 1 ------------------ */

#define RNN_I_LANES 16
#define RNN_I_VECTORS (RNN_I_LANES / RNN_W)

/* 16 lanes to one sum: 8 + 8, 4 + 4, 2 + 2, 1 + 1, the same however wide a
 * vector is. W divides 16, so lane i of vector v is lane v W + i of the 16 in
 * every set. A machine's own sum of a vector may add in another order. */
RNN_I_INLINE RNN_HOT rnn_real RNN_K(fold)(const RNN_V *acc)
{
    rnn_real lane[RNN_I_LANES];
    int i, s;
    for (i = 0; i < RNN_I_VECTORS; i++)
        RNN_ST(lane + i * RNN_W, acc[i]);
    for (s = RNN_I_LANES / 2; s; s /= 2)
        for (i = 0; i < s; i++)
            lane[i] = rnn_i_add(lane[i], lane[i + s]);
    return lane[0];
}

/* The first n lanes of v, and 0 in the others. An absent x reads as 0, but what
 * a term makes of that need not be 0: e^(0 - shift). */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(first)(RNN_V v, size_t n)
{
    rnn_real x[RNN_W];
    RNN_ST(x, v);
    for (; n < RNN_W; n++)
        x[n] = 0;
    return RNN_LD(x);
}

/* log(1 + e), e = e^-|x|, keeps its digits where 1 + e loses them: log(u) e /
 * (u - 1), u = 1 + e rounded, or e where u = 1 (Kahan). */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(softplus)(RNN_V x)
{
    const RNN_V zero = RNN_SET(0), one = RNN_SET(1);
    const RNN_V e = RNN_K(exp)(RNN_SUB(zero, RNN_ABS(x)));
    const RNN_V u = RNN_ADD(one, e), w = RNN_SUB(u, one);
    return RNN_SEL(RNN_LT(zero, w), RNN_DIV(RNN_MUL(RNN_K(log)(u), e), w), e);
}

/* Term i of a sum, for W terms from i on, of which n are there. A product is
 * left as two factors, the other in *by, so that it goes into the sum by one
 * MAD. Weighted terms are not: they are rounded before they are added, as
 * rnn_i_loss_sum does, so rnn_mean of kept losses by the same n is the loss. y
 * may be x: a vector is read before the same place is written. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(term)(int term, const rnn_i_terms *s, size_t i,
                                       size_t n, RNN_V *by)
{
    const RNN_V zero = RNN_SET(0), v = RNN_K(ld)(s->x + i, n);
    RNN_V d, u;

    switch (term) {
    case RNN_I_SUM: return v;
    case RNN_I_WEIGHTED: /* where w is 0, x may be anything */
        u = RNN_K(ld)(s->w + i, n);
        return RNN_SEL(RNN_EQ(u, zero), u, RNN_MUL(u, v));
    case RNN_I_SQUARES: return *by = RNN_MUL(RNN_SET(s->factor), v);
    case RNN_I_SPREAD:
        return RNN_MUL(RNN_SUB(v, RNN_SET(s->shift)), RNN_SET(s->factor));
    case RNN_I_EXP:
        u = RNN_SUB(v, RNN_SET(s->shift));
        u = RNN_K(exp)(RNN_MUL(u, RNN_SET(s->factor)));
        if (s->y)
            RNN_K(st)(s->y + i, u, n);
        return u;
    case RNN_I_SQUARED_ERROR: /* (x - t)^2, derivative 2 (x - t) */
        d = RNN_SUB(v, RNN_K(ld)(s->w + i, n));
        if (s->y)
            RNN_K(st)(s->y + i, RNN_MUL(RNN_MUL(d, RNN_SET(2)),
                                        RNN_SET(s->factor)), n);
        return RNN_MUL(d, d);
    case RNN_I_SIGMOID_ERROR: /* max(x, 0) - x t + log(1 + e^-|x|), derivative
                                 sigmoid(x) - t */
        u = RNN_K(ld)(s->w + i, n);
        d = RNN_SUB(RNN_SEL(RNN_LT(v, zero), zero, v), RNN_MUL(v, u));
        if (s->y)
            RNN_K(st)(s->y + i, RNN_MUL(RNN_SUB(RNN_K(sigmoid)(v), u),
                                        RNN_SET(s->factor)), n);
        return RNN_ADD(d, RNN_K(softplus)(v));
    case RNN_I_DOT:
        *by = RNN_K(ld)(s->w + i, n);
        return v;
    default: /* RNN_I_ADDITIVE: v . tanh(q + k) */
        *by = RNN_K(ld)(s->v + i, n);
        return RNN_K(tanh)(RNN_ADD(v, RNN_K(ld)(s->w + i, n)));
    }
}

/* The one loop of all sums; `term` is a constant where it is inlined. Index i
 * goes to lane i mod 16, in each lane ascending. At the end absent terms add 0,
 * which plain C does not do. That shows in no sum but one whose 16 lanes have
 * all underflowed to -0, and there in the sign. */
RNN_I_INLINE RNN_HOT rnn_real RNN_K(reduce)(int term, size_t n,
                                            const rnn_i_terms *s)
{
    const int products = term >= RNN_I_SQUARES;
    RNN_V acc[RNN_I_VECTORS], v, by;
    size_t i, at;
    int k;
    by = RNN_SET(0);
    for (k = 0; k < RNN_I_VECTORS; k++)
        acc[k] = by;
    for (i = 0; i < n; i += RNN_I_LANES)
        for (k = 0; k < RNN_I_VECTORS; k++) {
            at = i + (size_t)k * RNN_W;
            if (at >= n)
                break;
            v = RNN_K(term)(term, s, at, n - at, &by);
            if (products) /* absent factors read as 0 */
                acc[k] = RNN_MAD(v, by, acc[k]);
            else
                acc[k] = RNN_ADD(acc[k], n - at < RNN_W
                                             ? RNN_K(first)(v, n - at) : v);
        }
    return RNN_K(fold)(acc);
}

/* sum of w[i] x[i]; w NULL: of x[i] */
RNN_I_FN RNN_HOT rnn_real RNN_K(sum)(size_t n, const rnn_real *x,
                                     const rnn_real *w)
{
    const rnn_i_terms s = {x, w, NULL, NULL, 0, 0};
    return w ? RNN_K(reduce)(RNN_I_WEIGHTED, n, &s)
             : RNN_K(reduce)(RNN_I_SUM, n, &s);
}

/* sum of (factor x[i])^2 */
RNN_I_FN RNN_HOT rnn_real RNN_K(sum_squares)(size_t n, rnn_real factor,
                                             const rnn_real *x)
{
    const rnn_i_terms s = {x, NULL, NULL, NULL, 0, factor};
    return RNN_K(reduce)(RNN_I_SQUARES, n, &s);
}

/* sum of e_i = exp((x_i - shift) factor); y = e unless NULL */
RNN_I_FN RNN_HOT rnn_real RNN_K(exp_sum)(size_t n, rnn_real shift,
                                         rnn_real factor, const rnn_real *x,
                                         rnn_real *y)
{
    const rnn_i_terms s = {x, NULL, NULL, y, shift, factor};
    return RNN_K(reduce)(RNN_I_EXP, n, &s);
}

/* sum of (x_i - shift) factor */
RNN_I_FN RNN_HOT rnn_real RNN_K(spread)(size_t n, rnn_real shift,
                                        rnn_real factor, const rnn_real *x)
{
    const rnn_i_terms s = {x, NULL, NULL, NULL, shift, factor};
    return RNN_K(reduce)(RNN_I_SPREAD, n, &s);
}

/* The loss of a row of x against targets t; dx = factor times its derivative,
 * unless NULL. */
RNN_I_FN RNN_HOT rnn_real RNN_K(row_loss)(int squared, size_t n,
                                          rnn_real factor, const rnn_real *x,
                                          const rnn_real *t, rnn_real *dx)
{
    const rnn_i_terms s = {x, t, NULL, dx, 0, factor};
    return squared ? RNN_K(reduce)(RNN_I_SQUARED_ERROR, n, &s)
                   : RNN_K(reduce)(RNN_I_SIGMOID_ERROR, n, &s);
}

/* e = v . tanh(q + k), or q . k */
RNN_I_FN RNN_HOT rnn_real RNN_K(score)(int additive, size_t n,
                                       const rnn_real *v, const rnn_real *q,
                                       const rnn_real *k)
{
    const rnn_i_terms s = {q, k, v, NULL, 0, 0};
    return additive ? RNN_K(reduce)(RNN_I_ADDITIVE, n, &s)
                    : RNN_K(reduce)(RNN_I_DOT, n, &s);
}

/* the greatest x[i], or |x[i]|; NaN if one is NaN. Without lanes mod 16: all
 * orders find the same but for the sign of a zero, and no result depends on
 * that. !(u <= best) is true of a NaN; EQ(m, m) then keeps it. */
RNN_I_INLINE RNN_HOT rnn_real RNN_K(most)(size_t n, const rnn_real *x, int size)
{
    rnn_real lane[RNN_W], best;
    RNN_V m = RNN_SET(size ? 0 : -rnn_i_from_bits(RNN_I_INFINITY)), v;
    size_t i;
    int l;
    for (i = 0; i + RNN_W <= n; i += RNN_W) {
        v = RNN_LD(x + i);
        v = size ? RNN_ABS(v) : v;
        m = RNN_SEL(RNN_EQ(m, m), RNN_MAX(m, v), m);
    }
    RNN_ST(lane, m);
    best = lane[0];
    for (l = 1; l < RNN_W; l++)
        if (!(lane[l] <= best) && best == best)
            best = lane[l];
    for (; i < n; i++) {
        const rnn_real u = size && x[i] < 0 ? -x[i] : x[i];
        if (!(u <= best) && best == best)
            best = u;
    }
    return best;
}

/* The greatest of x, and the greatest size: what is subtracted before exp, and
 * what norms are scaled by. If one of them is a NaN, that is the result. */
RNN_I_FN RNN_HOT rnn_real RNN_K(greatest)(size_t n, const rnn_real *x)
{
    return RNN_K(most)(n, x, 0);
}

RNN_I_FN RNN_HOT rnn_real RNN_K(greatest_size)(size_t n, const rnn_real *x)
{
    return RNN_K(most)(n, x, 1);
}

/* x into [-limit, limit] */
RNN_I_FN RNN_HOT void RNN_K(clamp)(size_t n, rnn_real limit, rnn_real *x)
{
    size_t i;
    for (i = 0; i < n; i += RNN_W) {
        RNN_V v = RNN_K(ld)(x + i, n - i);
        v = RNN_MAX(RNN_SET(-limit), RNN_MIN(RNN_SET(limit), v));
        RNN_K(st)(x + i, v, n - i);
    }
}

/* ---- scores of attention, backward: [ATTENTION] -------------------------- */

/* u = tanh(q + k)    dq, dk += de v (1 - u^2)    dv += de u
 * or, if dv is NULL, dq += de k    dk += de q
 *
 * One query and one key, n = A. u is computed once more: forward keeps q (T, B,
 * A) and k (S, B, A), while all u would be (T, B, S, A). */
RNN_I_FN RNN_HOT void RNN_K(score_backward)(size_t n, rnn_real de,
                                            const rnn_real *v,
                                            const rnn_real *q,
                                            const rnn_real *k, rnn_real *dq,
                                            rnn_real *dk, rnn_real *dv)
{
    size_t i;
    for (i = 0; i < n; i += RNN_W) {
        const size_t l = n - i;
        RNN_V a = RNN_K(ld)(q + i, l), b = RNN_K(ld)(k + i, l), u, f;
        f = RNN_SET(de);
        if (dv) {
            u = RNN_K(tanh)(RNN_ADD(a, b));
            RNN_K(st)(dv + i, RNN_MAD(f, u, RNN_K(ld)(dv + i, l)), l);
            f = RNN_MUL(f, RNN_K(ld)(v + i, l));
            a = b = RNN_K(dtanh)(u);
        }
        RNN_K(st)(dq + i, RNN_MAD(f, b, RNN_K(ld)(dq + i, l)), l);
        RNN_K(st)(dk + i, RNN_MAD(f, a, RNN_K(ld)(dk + i, l)), l);
    }
}

/* ---- dropout of one row -------------------------------------------------- */

/* Threefry of 16 counters (row, first + l) at once, in loops of known length
 * that compilers turn into vectors. The words are those of rnn_threefry. */
RNN_I_INLINE RNN_HOT void RNN_K(threefry16)(const uint32_t key[2], uint32_t row,
                                            uint32_t first, uint32_t x[16],
                                            uint32_t y[16])
{
    uint32_t k[3], k0, k1;
    int l, i, r;

    k[0] = key[0];
    k[1] = key[1];
    k[2] = RNN_I_PARITY ^ k[0] ^ k[1];
    for (l = 0; l < 16; l++) {
        x[l] = row + k[0];
        y[l] = first + (uint32_t)l + k[1];
    }
    for (i = 0; i < 20; i++) {
        r = rnn_i_turn[i & 7];
        for (l = 0; l < 16; l++) {
            x[l] += y[l];
            y[l] = (y[l] << r | y[l] >> (32 - r)) ^ x[l];
        }
        if ((i & 3) == 3) {
            k0 = k[(i / 4 + 1) % 3];
            k1 = k[(i / 4 + 2) % 3] + (uint32_t)(i / 4 + 1);
            for (l = 0; l < 16; l++) {
                x[l] += k0;
                y[l] += k1;
            }
        }
    }
}

/* y *= keep where its word is at least limit, else 0. Of each 32 units the
 * first 16 take the first words of 16 blocks, the others the second. That is 16
 * in every set, whatever W is: the word of a unit must not depend on a machine.
 * limit is p 2^32, keep 1 / (1 - p); backward asks for the same words again, so
 * no mask is stored. */
RNN_I_FN RNN_HOT void RNN_K(dropout)(size_t n, const uint32_t key[2],
                                     uint32_t row, uint32_t limit,
                                     rnn_real keep, rnn_real *y)
{
    uint32_t w[2][16];
    size_t i, l, half;

    for (i = 0; i < n; i += 32) {
        RNN_K(threefry16)(key, row, (uint32_t)(i / 2), w[0], w[1]);
        for (half = 0; half < 2; half++)
            for (l = 0; l < 16 && i + half * 16 + l < n; l++) {
                rnn_real *u = y + i + half * 16 + l;
                *u = w[half][l] >= limit ? rnn_i_mul(*u, keep) : 0;
            }
    }
}

/* ---- optimisers: [OPTIMIZERS] -------------------------------------------- */

/* A moment below the least normal number is 0. One whose gradient stays 0 would
 * fade into the subnormal numbers, with which processors are 15 times slower,
 * and stay there: rounding to nearest never brings it to 0. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(fade)(RNN_V m)
{
    return RNN_SEL(RNN_LT(RNN_ABS(m), RNN_SET(RNN_I_TINY)), RNN_SET(0), m);
}

/* m = keep m + rest x: all moments but Adagrad's. `rest` is 1 - keep, rounded
 * once a step by rnn_optimizer_range, of SGD 1 - dampening. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(moment)(RNN_V keep, RNN_V m, RNN_V rest,
                                         RNN_V x)
{
    return RNN_K(fade)(RNN_MAD(rest, x, RNN_MUL(keep, m)));
}

/* A moment as the step before has left it; at the first step it is not read. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(old)(const rnn_i_update *u, const rnn_real *m,
                                      size_t i, size_t n)
{
    return u->begin ? RNN_SET(0) : RNN_K(ld)(m + i, n - i);
}

/* Each kind makes of g the direction d in which a parameter goes, p -= lr d,
 * and leaves its moments m1, m2, m3. i is the element, n - i how many are left;
 * g has weight decay in it. What depends on the step alone is in u already. */
#define RNN_I_DIRECTION(name)                                                  \
    RNN_I_INLINE RNN_HOT RNN_V RNN_K(name)(const rnn_i_update *u, RNN_V g,     \
                                           size_t i, size_t n)

/* m1 = mu m1 + rest_mu g, at the first step g    d = g + mu m1 (Nesterov), m1;
 * without momentum d = g */
RNN_I_DIRECTION(sgd)
{
    const RNN_V mu = RNN_SET(u->mu);
    RNN_V m = RNN_K(fade)(g);

    if (!u->momentum)
        return g;
    if (!u->begin)
        m = RNN_K(moment)(mu, RNN_K(ld)(u->m1 + i, n - i), RNN_SET(u->rest_mu),
                          g);
    RNN_K(st)(u->m1 + i, m, n - i);
    return u->nesterov ? RNN_MAD(mu, m, g) : m;
}

/* m1 += g^2    d = g / (sqrt m1 + eps) */
RNN_I_DIRECTION(adagrad)
{
    RNN_V v = u->begin ? RNN_SET(u->initial) : RNN_K(ld)(u->m1 + i, n - i);

    v = RNN_K(fade)(RNN_MAD(g, g, v));
    RNN_K(st)(u->m1 + i, v, n - i);
    return RNN_DIV(g, RNN_ADD(RNN_SQRT(v), RNN_SET(u->eps)));
}

/* m1 = rho m1 + (1 - rho) g^2    d = sqrt(m2 + eps) / sqrt(m1 + eps) g
 * m2 = rho m2 + (1 - rho) d^2    beta2 holds rho */
RNN_I_DIRECTION(adadelta)
{
    const RNN_V rho = RNN_SET(u->beta2), rest = RNN_SET(u->rest2);
    const RNN_V eps = RNN_SET(u->eps), m = RNN_K(old)(u, u->m2, i, n);
    const RNN_V v = RNN_K(moment)(rho, RNN_K(old)(u, u->m1, i, n), rest,
                                  RNN_MUL(g, g));
    RNN_V d = RNN_DIV(RNN_SQRT(RNN_ADD(m, eps)), RNN_SQRT(RNN_ADD(v, eps)));

    d = RNN_MUL(d, g);
    RNN_K(st)(u->m1 + i, v, n - i);
    RNN_K(st)(u->m2 + i, RNN_K(moment)(rho, m, rest, RNN_MUL(d, d)), n - i);
    return d;
}

/* m1 = rho m1 + (1 - rho) g^2    s = m1; centered: m1 - m2^2, where
 * m2 = rho m2 + (1 - rho) g      d = g / (sqrt s + eps), with momentum
 * m3 = mu m3 + that, d = m3 */
RNN_I_DIRECTION(rmsprop)
{
    const RNN_V rho = RNN_SET(u->beta2), rest = RNN_SET(u->rest2);
    RNN_V d, m, v = RNN_K(moment)(rho, RNN_K(old)(u, u->m1, i, n), rest,
                                  RNN_MUL(g, g));

    RNN_K(st)(u->m1 + i, v, n - i);
    if (u->centered) {
        m = RNN_K(moment)(rho, RNN_K(old)(u, u->m2, i, n), rest, g);
        RNN_K(st)(u->m2 + i, m, n - i);
        v = RNN_NMAD(m, m, v); /* a variance: rounding may leave < 0 */
        v = RNN_MAX(RNN_SET(0), v);
    }
    d = RNN_DIV(g, RNN_ADD(RNN_SQRT(v), RNN_SET(u->eps)));
    if (u->momentum) {
        d = RNN_K(fade)(
            RNN_MAD(RNN_SET(u->mu), RNN_K(old)(u, u->m3, i, n), d));
        RNN_K(st)(u->m3 + i, d, n - i);
    }
    return d;
}

/* m1 = beta1 m1 + (1 - beta1) g    m2 = beta2 m2 + (1 - beta2) g^2
 * d = m1 / (sqrt v / root + eps)   v = m2, amsgrad: m3 = max(m3, m2)
 * root = sqrt(1 - beta2^t), and lr comes divided by 1 - beta1^t */
RNN_I_DIRECTION(adam)
{
    const RNN_V m = RNN_K(moment)(RNN_SET(u->beta1),
                                  RNN_K(old)(u, u->m1, i, n),
                                  RNN_SET(u->rest1), g);
    RNN_V v = RNN_K(moment)(RNN_SET(u->beta2), RNN_K(old)(u, u->m2, i, n),
                            RNN_SET(u->rest2), RNN_MUL(g, g));

    RNN_K(st)(u->m1 + i, m, n - i);
    RNN_K(st)(u->m2 + i, v, n - i);
    if (u->amsgrad) {
        v = RNN_MAX(RNN_K(old)(u, u->m3, i, n), v);
        RNN_K(st)(u->m3 + i, v, n - i);
    }
    return RNN_DIV(m, RNN_ADD(RNN_DIV(RNN_SQRT(v), RNN_SET(u->root)),
                              RNN_SET(u->eps)));
}
#undef RNN_I_DIRECTION

/* One step of an optimiser for n elements. Weight decay adds decay p to g, but
 * for AdamW, where it takes decay p off p (decay has lr in it). An element
 * reads its own p, g and moments alone, so ranges may be cut anywhere. */
RNN_I_FN RNN_HOT void RNN_K(update)(size_t n, const rnn_i_update *u)
{
    const RNN_V decay = RNN_SET(u->decay), lr = RNN_SET(u->lr);
    size_t i;
    for (i = 0; i < n; i += RNN_W) {
        RNN_V p = RNN_K(ld)(u->p + i, n - i), d;
        RNN_V g = RNN_K(ld)(u->g + i, n - i);

        if (u->kind == RNN_OPT_ADAMW)
            p = RNN_NMAD(decay, p, p);
        else
            g = RNN_MAD(decay, p, g);
        switch (u->kind) {
        case RNN_OPT_SGD: d = RNN_K(sgd)(u, g, i, n); break;
        case RNN_OPT_ADAGRAD: d = RNN_K(adagrad)(u, g, i, n); break;
        case RNN_OPT_ADADELTA: d = RNN_K(adadelta)(u, g, i, n); break;
        case RNN_OPT_RMSPROP: d = RNN_K(rmsprop)(u, g, i, n); break;
        default: d = RNN_K(adam)(u, g, i, n); break;
        }
        RNN_K(st)(u->p + i, RNN_NMAD(lr, d, p), n - i);
    }
}

/* ============================================================================
 * [CELLS]  one time step, forward beside backward
 *
 * The layers compute the products; a cell turns pre-activations z into its new
 * state, and gradients of the state into those of z. z has K blocks of H; what
 * forward leaves there is what backward reads, and backward leaves dz in it.
 * In backward, dh arrives as the gradient of h_t from later steps, and leaves
 * as the part of the gradient of h_{t-1} that does not pass through W_hh; the
 * layer adds the rest. x~ is the sum of both biases and both products.
 *
 * RNN_I_CELL(name, forward) and (name, backward) belong to the row of that name
 * in RNN_I_CELLS, and compute row b of step s. The stages run 0, 1, ... forward
 * and back again, each behind (forward) or before (backward) its products.
 * ========================================================================= */

#define RNN_I_CELL(name, way) RNN_I_CELL_BY(name##_##way)
#define RNN_I_CELL_BY(pasted)                                                  \
    RNN_I_INLINE RNN_HOT void RNN_K(pasted)(                                   \
        int stage, const rnn_i_cell_step *s, size_t b)
/* both of a cell without q, by two functions that cells share; kind: which */
#define RNN_I_ONE_STAGE(name, shared, kind)                                    \
    RNN_I_CELL_BY(name##_forward)                                              \
    {                                                                          \
        (void)stage;                                                           \
        RNN_K(shared##_forward)(kind, s, b);                                   \
    }                                                                          \
    RNN_I_CELL_BY(name##_backward)                                             \
    {                                                                          \
        (void)stage;                                                           \
        RNN_K(shared##_backward)(kind, s, b);                                  \
    }

/* The gradient of h_t in full: dh from later steps, dy (or NULL) from the
 * output. */
RNN_I_INLINE RNN_HOT RNN_V RNN_K(dh)(const rnn_real *dh, const rnn_real *dy,
                                     size_t j, size_t n)
{
    const RNN_V later = RNN_K(ld)(dh + j, n);
    return dy ? RNN_ADD(RNN_K(ld)(dy + j, n), later) : later;
}

/* [CELL-RNN]  tanh and ReLU
 *
 *     forward     h_t = f(x~)                                  K = 1
 *     backward    dz = dh_t f'(z)    f' = 1 - h^2, or h > 0
 */
RNN_I_INLINE RNN_HOT void RNN_K(rnn_forward)(int f, const rnn_i_cell_step *s,
                                             size_t b)
{
    const size_t H = s->H;
    rnn_real *z = s->z + b * H, *h = s->h + b * H;
    size_t j;
    for (j = 0; j < H; j += RNN_W) {
        const RNN_V v = RNN_K(apply)(f, RNN_K(ld)(z + j, H - j));
        RNN_K(st)(z + j, v, H - j);
        RNN_K(st)(h + j, v, H - j);
    }
}

/* h stands in z, since forward has left it there: f' follows from it. */
RNN_I_INLINE RNN_HOT void RNN_K(rnn_backward)(int f, const rnn_i_cell_step *s,
                                              size_t b)
{
    const size_t H = s->H;
    rnn_real *z = s->z + b * H;
    const rnn_real *dh = s->dh + b * H, *dy = rnn_i_dy(s, b);
    size_t j;
    for (j = 0; j < H; j += RNN_W) {
        const size_t l = H - j;
        const RNN_V h = RNN_K(ld)(z + j, l);
        RNN_V d = RNN_K(dh)(dh, dy, j, l);
        if (f == RNN_FN_TANH)
            d = RNN_MUL(d, RNN_K(dtanh)(h));
        else
            d = RNN_SEL(RNN_LT(RNN_SET(0), h), d, RNN_SET(0));
        RNN_K(st)(z + j, d, l);
    }
}

RNN_I_ONE_STAGE(TANH, rnn, RNN_FN_TANH)
RNN_I_ONE_STAGE(RELU, rnn, RNN_FN_RELU)

/* [CELL-GRU]  both forms
 *
 *     forward     r = sigmoid(x~_r)   z = sigmoid(x~_z)                  K = 4
 *       after:    q = W_hn h_{t-1} + b_hn    n = tanh(W_in x + b_in + r q)
 *       before:   q = r h_{t-1}              n = tanh(x~_n), whose recurrent
 *                                                part is W_hn q + b_hn
 *                 h_t = (1 - z) n + z h_{t-1} = n + z (h_{t-1} - n)
 *     kept        r z q n
 *     backward    dz_z = dh (h_{t-1} - n) z (1 - z)
 *                 dz_n = dh (1 - z)(1 - n^2)
 *       after:    dz_r = dz_n q r (1 - r)     dq = dz_n r
 *       before:   dq = W_hn^T dz_n, by the layer, then
 *                 dz_r = dq h_{t-1} r (1 - r)
 *                 dh_{t-1} = dh z, and before: + dq r
 *     left        dz_r dz_z, dq (after) or q (before), dz_n
 *
 * In the code z is the array, so gate z is called u, and n is c. Block q is not
 * a gate: after, it is the recurrent part of n, which r multiplies, so x~_n
 * stands apart from it; before, it is what W_hn multiplies.
 */
/* r and z; before: q too, which the second product waits for. In a pass of
 * their own: the chain of operations behind n is then half as long, and a
 * processor has more of them under way at once. Where H is one vector there is
 * only one, and gru_forward does it all. */
RNN_I_FN RNN_HOT void RNN_K(gru_gates)(int after, const rnn_i_cell_step *s,
                                       size_t b)
{
    const size_t H = s->H;
    rnn_real *z = s->z + b * 4 * H;
    const rnn_real *h_prev = s->h_prev + b * H;
    size_t j;
    RNN_K(mapped)(RNN_FN_SIGMOID, 2 * H, z, z);
    if (!after)
        for (j = 0; j < H; j += RNN_W) {
            const size_t l = H - j;
            RNN_K(st)(z + 2 * H + j,
                      RNN_MUL(RNN_K(ld)(z + j, l), RNN_K(ld)(h_prev + j, l)),
                      l);
        }
}

/* n and h_t; r and z, too, where gru_gates was left out. The form of h_t with
 * h_{t-1} - n has one rounding less than that with 1 - z. h may be h_prev, as
 * in rnn_step: the products that read all of h_prev are behind, and here
 * element j is read before it is written. */
RNN_I_FN RNN_HOT void RNN_K(gru_forward)(int after, const rnn_i_cell_step *s,
                                         size_t b)
{
    const size_t H = s->H;
    rnn_real *z = s->z + b * 4 * H, *h = s->h + b * H;
    const rnn_real *h_prev = s->h_prev + b * H;
    size_t j;
    for (j = 0; j < H; j += RNN_W) {
        const size_t l = H - j;
        RNN_V u = RNN_K(ld)(z + H + j, l), c = RNN_K(ld)(z + 3 * H + j, l);
        if (after) {
            RNN_V r = RNN_K(ld)(z + j, l);
            if (H <= RNN_W) {
                r = RNN_K(sigmoid)(r);
                u = RNN_K(sigmoid)(u);
                RNN_K(st)(z + j, r, l);
                RNN_K(st)(z + H + j, u, l);
            }
            c = RNN_MAD(r, RNN_K(ld)(z + 2 * H + j, l), c);
        }
        c = RNN_K(tanh)(c);
        RNN_K(st)(z + 3 * H + j, c, l);
        RNN_K(st)(h + j, RNN_MAD(u, RNN_SUB(RNN_K(ld)(h_prev + j, l), c), c),
                  l);
    }
}

/* All of it, or before: stage 1, what does not wait for dq. There r and q stay
 * in z: gru_reset_back reads r, and the gradient of W_hn is q^T dz_n. dh leaves
 * as dh z, to which the layer adds dz W_hh^T. */
RNN_I_FN RNN_HOT void RNN_K(gru_backward)(int after, const rnn_i_cell_step *s,
                                          size_t b)
{
    const RNN_V one = RNN_SET(1);
    const size_t H = s->H;
    rnn_real *z = s->z + b * 4 * H, *dh = s->dh + b * H;
    const rnn_real *h_prev = s->h_prev + b * H, *dy = rnn_i_dy(s, b);
    size_t j;
    for (j = 0; j < H; j += RNN_W) {
        const size_t l = H - j;
        const RNN_V u = RNN_K(ld)(z + H + j, l);
        const RNN_V c = RNN_K(ld)(z + 3 * H + j, l);
        const RNN_V d = RNN_K(dh)(dh, dy, j, l);
        const RNN_V dc =
            RNN_MUL(RNN_MUL(d, RNN_SUB(one, u)), RNN_K(dtanh)(c));
        RNN_K(st)(z + H + j,
                  RNN_MUL(RNN_MUL(d, RNN_SUB(RNN_K(ld)(h_prev + j, l), c)),
                          RNN_K(dsigmoid)(u)),
                  l);
        RNN_K(st)(z + 3 * H + j, dc, l);
        RNN_K(st)(dh + j, RNN_MUL(d, u), l);
        if (after) {
            const RNN_V r = RNN_K(ld)(z + j, l);
            const RNN_V q = RNN_K(ld)(z + 2 * H + j, l);
            RNN_K(st)(z + j, RNN_MUL(RNN_MUL(dc, q), RNN_K(dsigmoid)(r)), l);
            RNN_K(st)(z + 2 * H + j, RNN_MUL(dc, r), l);
        }
    }
}

/* before: from dq, which the layer has computed meanwhile */
RNN_I_INLINE RNN_HOT void RNN_K(gru_reset_back)(const rnn_i_cell_step *s,
                                                size_t b)
{
    const size_t H = s->H;
    rnn_real *z = s->z + b * 4 * H, *dh = s->dh + b * H;
    const rnn_real *h_prev = s->h_prev + b * H, *dq = s->dq + b * H;
    size_t j;
    for (j = 0; j < H; j += RNN_W) {
        const size_t l = H - j;
        const RNN_V r = RNN_K(ld)(z + j, l), d = RNN_K(ld)(dq + j, l);
        RNN_K(st)(z + j, RNN_MUL(RNN_MUL(d, RNN_K(ld)(h_prev + j, l)),
                                 RNN_K(dsigmoid)(r)), l);
        RNN_K(st)(dh + j, RNN_MAD(d, r, RNN_K(ld)(dh + j, l)), l);
    }
}

RNN_I_CELL(GRU, forward)
{
    (void)stage;
    if (s->H > RNN_W)
        RNN_K(gru_gates)(1, s, b);
    RNN_K(gru_forward)(1, s, b);
}

RNN_I_CELL(GRU, backward)
{
    (void)stage;
    RNN_K(gru_backward)(1, s, b);
}

/* The product q W_hn stands between the stages, so r must be done before it:
 * gates are never left to gru_forward here. */
RNN_I_CELL(GRU_RESET_BEFORE, forward)
{
    if (stage == 0)
        RNN_K(gru_gates)(0, s, b);
    else
        RNN_K(gru_forward)(0, s, b);
}

RNN_I_CELL(GRU_RESET_BEFORE, backward)
{
    if (stage == 1)
        RNN_K(gru_backward)(0, s, b);
    else
        RNN_K(gru_reset_back)(s, b);
}

/* [CELL-LSTM]  without peepholes, and with
 *
 *     forward     i, f, o = sigmoid(x~)    g = tanh(x~)                  K = 4
 *                 c_t = f c_{t-1} + i g    h_t = o tanh(c_t)
 *       peephole: x~ of i and f has + p c_{t-1}, and that of o + p_o c_t
 *     kept        i f g o, and c
 *     backward    dz_o = dh tanh(c_t) o (1 - o)
 *                 dc += dh o (1 - tanh^2 c_t)
 *       peephole: dc += p_o dz_o
 *                 dz_i = dc g i (1 - i)          dz_f = dc c_{t-1} f (1 - f)
 *                 dz_g = dc i (1 - g^2)          dc_{t-1} = dc f
 *       peephole: dc_{t-1} += p_i dz_i + p_f dz_f
 *
 * p (3, H) is p_i, p_f, p_o; its gradients are sums over steps, which [STACK]
 * takes from dz and c, as RNN_I_PC and RNN_I_PCT in the row say.
 */
/* i and f, which are neighbours, then g, then o. A function of its own, so that
 * small steps save no registers for it; not where steps are folded. */
#if RNN_ABREAST > 1
RNN_I_APART
#else
RNN_I_INLINE
#endif
RNN_HOT void RNN_K(lstm_gates)(size_t H, rnn_real *z)
{
    RNN_K(mapped)(RNN_FN_SIGMOID, 2 * H, z, z);
    RNN_K(mapped)(RNN_FN_TANH, H, z + 2 * H, z + 2 * H);
    RNN_K(mapped)(RNN_FN_SIGMOID, H, z + 3 * H, z + 3 * H);
}

/* z holds x~ of all gates, then the gates. h and c may be h_prev and c_prev:
 * h_prev is not read here, and c0 before c is written.
 *
 * The gates have passes of their own, for the reason that `mapped` gives:
 * build/bench 'lstm infer 128 128 50 50'. Not with peepholes, where x~ takes c;
 * nor where H is one vector, or numbers are taken one by one: `together`. */
RNN_I_FN RNN_HOT void RNN_K(lstm_forward)(int peephole,
                                          const rnn_i_cell_step *s, size_t b)
{
    const size_t H = s->H;
    rnn_real *z = s->z + b * 4 * H, *c = s->c + b * H, *h = s->h + b * H;
    const rnn_real *c_prev = s->c_prev + b * H, *p = s->p;
    const int together = peephole || RNN_W == 1 || H <= RNN_W;
    size_t j;
    if (!together)
        RNN_K(lstm_gates)(H, z);
    for (j = 0; j < H; j += RNN_W) {
        const size_t l = H - j;
        const RNN_V c0 = RNN_K(ld)(c_prev + j, l);
        RNN_V i = RNN_K(ld)(z + j, l), f = RNN_K(ld)(z + H + j, l), c1;
        RNN_V g = RNN_K(ld)(z + 2 * H + j, l), o = RNN_K(ld)(z + 3 * H + j, l);
        if (peephole) {
            i = RNN_MAD(RNN_K(ld)(p + j, l), c0, i);
            f = RNN_MAD(RNN_K(ld)(p + H + j, l), c0, f);
        }
        if (together) {
            i = RNN_K(sigmoid)(i);
            f = RNN_K(sigmoid)(f);
            g = RNN_K(tanh)(g);
        }
        c1 = RNN_MAD(f, c0, RNN_MUL(i, g));
        if (peephole)
            o = RNN_MAD(RNN_K(ld)(p + 2 * H + j, l), c1, o);
        if (together) {
            o = RNN_K(sigmoid)(o);
            RNN_K(st)(z + j, i, l);
            RNN_K(st)(z + H + j, f, l);
            RNN_K(st)(z + 2 * H + j, g, l);
            RNN_K(st)(z + 3 * H + j, o, l);
        }
        RNN_K(st)(c + j, c1, l);
        RNN_K(st)(h + j, RNN_MUL(o, RNN_K(tanh)(c1)), l);
    }
}

RNN_I_FN RNN_HOT void RNN_K(lstm_backward)(int peephole,
                                           const rnn_i_cell_step *s, size_t b)
{
    const size_t H = s->H;
    rnn_real *z = s->z + b * 4 * H, *dc = s->dc + b * H;
    const rnn_real *c = s->c + b * H, *c_prev = s->c_prev + b * H, *p = s->p;
    const rnn_real *dh = s->dh + b * H, *dy = rnn_i_dy(s, b);
    size_t j;
    for (j = 0; j < H; j += RNN_W) {
        const size_t l = H - j;
        const RNN_V i = RNN_K(ld)(z + j, l), f = RNN_K(ld)(z + H + j, l);
        const RNN_V g = RNN_K(ld)(z + 2 * H + j, l);
        const RNN_V o = RNN_K(ld)(z + 3 * H + j, l);
        const RNN_V t = RNN_K(tanh)(RNN_K(ld)(c + j, l));
        const RNN_V d = RNN_K(dh)(dh, dy, j, l);
        const RNN_V dz_o = RNN_MUL(RNN_MUL(d, t), RNN_K(dsigmoid)(o));
        RNN_V e = RNN_MAD(RNN_MUL(d, o), RNN_K(dtanh)(t),
                          RNN_K(ld)(dc + j, l)); /* dc */
        RNN_V dz_i, dz_f;
        if (peephole)
            e = RNN_MAD(RNN_K(ld)(p + 2 * H + j, l), dz_o, e);
        dz_i = RNN_MUL(RNN_MUL(e, g), RNN_K(dsigmoid)(i));
        dz_f = RNN_MUL(RNN_MUL(e, RNN_K(ld)(c_prev + j, l)),
                       RNN_K(dsigmoid)(f));
        RNN_K(st)(z + j, dz_i, l);
        RNN_K(st)(z + H + j, dz_f, l);
        RNN_K(st)(z + 2 * H + j, RNN_MUL(RNN_MUL(e, i), RNN_K(dtanh)(g)), l);
        RNN_K(st)(z + 3 * H + j, dz_o, l);
        e = RNN_MUL(e, f);
        if (peephole) {
            e = RNN_MAD(RNN_K(ld)(p + j, l), dz_i, e);
            e = RNN_MAD(RNN_K(ld)(p + H + j, l), dz_f, e);
        }
        RNN_K(st)(dc + j, e, l);
    }
}

RNN_I_ONE_STAGE(LSTM, lstm, 0)
RNN_I_ONE_STAGE(LSTM_PEEPHOLE, lstm, 1)

/* All rows of a step, at one of the cell's stages. */
#define RNN_I_RUN(way, name, ...)                                              \
    case RNN_CELL_##name: RNN_K(name##_##way)(stage, s, b); break;

/* The switch is inside of the loop, so that each cell's function is inlined
 * once; its jump always goes the same way. */
RNN_I_FN RNN_HOT void RNN_K(cell_forward)(int cell, int stage,
                                          const rnn_i_cell_step *s)
{
    size_t b;
    for (b = 0; b < s->rows; b++)
        switch ((rnn_cell)cell) {
            RNN_I_CELLS(RNN_I_RUN, forward)
        }
}

RNN_I_FN RNN_HOT void RNN_K(cell_backward)(int cell, int stage,
                                           const rnn_i_cell_step *s)
{
    size_t b;
    for (b = 0; b < s->rows; b++)
        switch ((rnn_cell)cell) {
            RNN_I_CELLS(RNN_I_RUN, backward)
        }
}
#undef RNN_I_RUN
#undef RNN_I_ONE_STAGE
#undef RNN_I_CELL
#undef RNN_I_CELL_BY

#ifdef __cplusplus
}
#endif

#undef RNN_K
#undef RNN_HOT
#undef RNN_V
#undef RNN_N
#undef RNN_M
#undef RNN_ABREAST
#undef RNN_W
#undef RNN_MR
#undef RNN_NV
#undef RNN_LINES
#undef RNN_LD
#undef RNN_ST
#undef RNN_LDN
#undef RNN_STN
#undef RNN_LOWER
#undef RNN_UPPER
#undef RNN_SET
#undef RNN_ADD
#undef RNN_SUB
#undef RNN_MUL
#undef RNN_DIV
#undef RNN_SQRT
#undef RNN_HORNER
#undef RNN_SELSUB
#undef RNN_MINUS
#undef RNN_FUSED
#undef RNN_NFUSED
#undef RNN_MAD
#undef RNN_NMAD
#undef RNN_MIN
#undef RNN_MAX
#undef RNN_LT
#undef RNN_EQ
#undef RNN_SEL
#undef RNN_ABS
#undef RNN_SIGN
#undef RNN_POW2
#undef RNN_LESS
#undef RNN_NEG
#undef RNN_SCALE
#undef RNN_EXPO
#undef RNN_MANT
#undef RNN_I_FIRST
#undef RNN_I_ALL
#undef RNN_I_LANES
#undef RNN_I_VECTORS

#ifndef RNN_I_PASS

#if RNN_I_X86
#define RNN_I_PASS RNN_I_PASS_AVX2
#include RNN_HEADER_NAME
#undef RNN_I_PASS
#ifndef RNN_NO_AVX512
#define RNN_I_PASS RNN_I_PASS_AVX512
#include RNN_HEADER_NAME
#undef RNN_I_PASS
#endif
#elif RNN_I_NEON
#define RNN_I_PASS RNN_I_PASS_NEON
#include RNN_HEADER_NAME
#undef RNN_I_PASS
#elif RNN_I_HELIUM
#define RNN_I_PASS RNN_I_PASS_HELIUM
#include RNN_HEADER_NAME
#undef RNN_I_PASS
#elif RNN_I_WASM
#define RNN_I_PASS RNN_I_PASS_WASM
#include RNN_HEADER_NAME
#undef RNN_I_PASS
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ============================================================================
 * [SELECT]  which kernels a call runs on
 *
 * On x86-64 one file holds the kernels of all sets, each function with the
 * target attribute of its set, and a call takes the widest that the processor
 * has: __builtin_cpu_supports reads what the compiler's start-up code has
 * found, so nothing of ours is written at run time. Elsewhere the compiler's
 * flags say what there is, and RNN_I_DO names the function itself, so that a
 * linker drops those that are not called.
 *
 * A call is cut into parts here too. Whatever a part computes, it computes all
 * of it, in the same order as one part alone would: parts never add up. Within
 * a task no part waits for another; what needs the results of all of them, as
 * weight gradients do those of all rows, is a task of its own.
 *
 *     what is cut        by what                  a part has
 *     copies of weights  rows of the copy         some rows of every matrix
 *     forward, backward  rows of the batch        its rows, all steps, layers
 *     gradients          columns of the weights   its columns, all rows, steps
 *     losses, optimiser  rows, elements           a range
 *     one row's product  columns in strips        the same of every gate: slice
 *
 * The first four are rnn_i_share's, called by whoever knows what there is to
 * cut, and rnn_i_each runs them. The last is for passes of one row, where the
 * second would leave all but one part idle: such a pass runs on the thread that
 * has called, and hands out only what is worth it, product by product, or the
 * products of a layer at once (rnn_i_each_slice).
 * ========================================================================= */

/* A set's functions in the order of the fields of rnn_i_kernels. Some have the
 * same type (both of cells; greatest and greatest_size), so no compiler sees it
 * if two of these change places. */
#define RNN_I_TABLE(set)                                                       \
    {                                                                          \
        rnn_i_##set##_product, rnn_i_##set##_map, rnn_i_##set##_map_backward,  \
            rnn_i_##set##_cell_forward, rnn_i_##set##_cell_backward,           \
            rnn_i_##set##_widen, rnn_i_##set##_gather,                         \
            rnn_i_##set##_accumulate,                                          \
            rnn_i_##set##_accumulate_product,                                  \
            rnn_i_##set##_scale, rnn_i_##set##_greatest,                       \
            rnn_i_##set##_greatest_size, rnn_i_##set##_sum,                    \
            rnn_i_##set##_sum_squares, rnn_i_##set##_exp_sum,                  \
            rnn_i_##set##_clamp, rnn_i_##set##_spread,                         \
            rnn_i_##set##_row_loss, rnn_i_##set##_score,                       \
            rnn_i_##set##_score_backward, rnn_i_##set##_dropout,               \
            rnn_i_##set##_update                                               \
    }

/* With more than one set, a rnn_i_set points to its table, and NULL is one that
 * the machine has not. With one set it is 1, or 0 where another was asked for,
 * and a call by RNN_I_DO does not look at it. RNN_I_PLAIN is the set of a
 * RNN_DEFINE_STEP. RNN_I_VECTORS_OF: whether W > 1, for then the kernel takes a
 * matrix in strips where C has one row. */
#if RNN_I_SETS
static const rnn_i_kernels rnn_i_table_c = RNN_I_TABLE(c);
typedef const rnn_i_kernels *rnn_i_set;
/* kernel fn of set k, with its arguments */
#define RNN_I_DO(k, fn, ...) (k)->fn(__VA_ARGS__)
#define RNN_I_PLAIN (&rnn_i_table_c) /* what every machine has */
#define RNN_I_VECTORS_OF(k) ((k) != RNN_I_PLAIN)
#else
#define RNN_I_PLAIN 1
#define RNN_I_VECTORS_OF(k) (RNN_I_HELIUM || RNN_I_WASM)
#endif

#if RNN_I_X86
static const rnn_i_kernels rnn_i_table_avx2 = RNN_I_TABLE(avx2);
#ifdef RNN_NO_AVX512
#define RNN_I_AVX512 ((rnn_i_set)NULL)
#else
static const rnn_i_kernels rnn_i_table_avx512 = RNN_I_TABLE(avx512);
#define RNN_I_AVX512                                                           \
    (__builtin_cpu_supports("avx512f") &&                                      \
             __builtin_cpu_supports("avx512dq") &&                             \
             __builtin_cpu_supports("avx512vl")                                \
         ? &rnn_i_table_avx512                                                 \
         : NULL)
#endif

/* The compiler's runtime has read CPUID, and what the operating system saves,
 * before main; nothing is written here. Functions of the AVX-512 set may use
 * AVX2 and fma as well, so it needs all of them. A processor without fma gets
 * plain C, whose bits are the same. */
RNN_I_FN rnn_i_set rnn_i_select(int kernel)
{
    const int fma = __builtin_cpu_supports("fma");
    const rnn_i_set avx2 =
        fma && __builtin_cpu_supports("avx2") ? &rnn_i_table_avx2 : NULL;
    const rnn_i_set avx512 = avx2 ? RNN_I_AVX512 : NULL;

    switch (kernel) {
    case RNN_KERNEL_PORTABLE: return &rnn_i_table_c;
    case RNN_KERNEL_AVX2: return avx2;
    case RNN_KERNEL_AVX512: return avx512;
    case RNN_KERNEL_AUTO: break;
    default: return NULL;
    }
    return avx512 ? avx512 : avx2 ? avx2 : &rnn_i_table_c;
}
#elif RNN_I_NEON
static const rnn_i_kernels rnn_i_table_neon = RNN_I_TABLE(neon);

RNN_I_FN rnn_i_set rnn_i_select(int kernel)
{
    return kernel == RNN_KERNEL_PORTABLE ? &rnn_i_table_c
           : kernel == RNN_KERNEL_AUTO || kernel == RNN_KERNEL_NEON
               ? &rnn_i_table_neon
               : NULL;
}
#else
/* One set: called by name, so that a linker drops what is not called. */
typedef int rnn_i_set;
#if RNN_I_HELIUM
#define RNN_I_DO(k, fn, ...) ((void)(k), rnn_i_helium_##fn(__VA_ARGS__))
#define RNN_I_FOLD(fn, ...) rnn_i_helium_##fn(__VA_ARGS__)
#define RNN_I_ONLY RNN_KERNEL_HELIUM
#elif RNN_I_WASM
#define RNN_I_DO(k, fn, ...) ((void)(k), rnn_i_wasm_##fn(__VA_ARGS__))
#define RNN_I_FOLD(fn, ...) rnn_i_wasm_##fn(__VA_ARGS__)
#define RNN_I_ONLY RNN_KERNEL_WASM
#else
#define RNN_I_DO(k, fn, ...) ((void)(k), rnn_i_c_##fn(__VA_ARGS__))
#define RNN_I_ONLY RNN_KERNEL_PORTABLE
#endif

RNN_I_FN rnn_i_set rnn_i_select(int kernel)
{
    return kernel == RNN_KERNEL_AUTO || kernel == (int)RNN_I_ONLY;
}
#endif

/* A kernel of a folded step, by name: of what every machine has that it is
 * built for. Where only RNN_WEIGHT reads no vector does. */
#if !defined(RNN_I_FOLD) || RNN_I_FAR
#undef RNN_I_FOLD
#define RNN_I_FOLD(fn, ...) rnn_i_c_##fn(__VA_ARGS__)
#endif

/* A call's kernels and share, from run; parts is 1 or more. Passes over time
 * keep to the steps from .. to - 1.
 *
 * It goes down through the floors by a pointer to const; who wants another
 * share or other steps (rnn_i_one_part, rnn_i_at_step, some of
 * rnn_i_layer_forward; of one row rnn_i_one_row and what is about slices) makes
 * a copy. to is INT_MAX where all steps are meant, and rnn_i_end looks how many
 * a sequence has: one call goes through stacks of different steps, an encoder's
 * and a decoder's. run may be NULL only where parts is 1. room is this part's
 * alone. */
typedef struct rnn_i_call {
    rnn_i_set k;
    size_t part, parts;
    size_t spread; /* 0, or by how many parts a pass of one row may cut its
                      products                                               */
    size_t slice, slices; /* of a task that cuts them: which slice of how many
                             it is; else slices is 1                         */
    size_t block;         /* of each so many columns: rnn_i_slice            */
    const rnn_run *run;
    rnn_why *why; /* where it says why it refuses, or NULL */
    int from, to;
    rnn_real *room; /* for the copies of large products, or NULL */
    size_t room_len;
} rnn_i_call;

/* Opens a public call: the kernels that its rnn_run asks for, all steps, one
 * share. RNN_E_UNSUPPORTED where the machine has no such kernels. */
RNN_I_FN rnn_status rnn_i_begin(const rnn_run *run, rnn_why *why,
                                rnn_i_call *call)
{
    const int kernel = run ? (int)run->kernel : (int)RNN_KERNEL_AUTO;
    const int parts = run && run->parts ? run->parts : 1;
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_in(why, RNN_E_ARG, "run->kernel", kernel, 0, RNN_KERNELS - 1);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "run->parts", parts, 1, INT_MAX);
    if (st)
        return st;
    call->part = 0;
    call->parts = (size_t)parts;
    call->spread = 0;
    call->slices = 1;
    call->slice = call->block = 0;
    call->run = run;
    call->why = why;
    call->from = 0;
    call->to = INT_MAX;
    call->room = NULL;
    call->room_len = 0;
    call->k = rnn_i_select(kernel);
    return call->k ? RNN_OK
                   : RNN_I_NO(why, RNN_E_UNSUPPORTED, "run->kernel",
                              "@ is #, which this machine has not", kernel, 0);
}

/* The same of a call that has no work. */
RNN_I_FN rnn_status rnn_i_begin_run(const rnn_run *run, rnn_i_call *call)
{
    return rnn_i_begin(run, run ? run->why : NULL, call);
}

/* What a call does, on the share that its part says. arg is the same for all
 * parts, which run at once: a task writes to it only what is its share's. */
typedef void (*rnn_i_task)(const rnn_i_call *call, void *arg);

/* All parts of a task; it lies on the stack of rnn_i_all_parts, so a hook must
 * not be back before the last of them has ended. */
typedef struct rnn_i_shared {
    const rnn_i_call *call;
    rnn_i_task task;
    void *arg;
} rnn_i_shared;

/* Part i of a task, with its share of the room. One too small for a panel of 15
 * terms is none, and copies of factors want 4096 numbers (blocked): that costs
 * time, not bits. */
RNN_I_FN void rnn_i_one_part(void *arg, int i)
{
    const rnn_i_shared *s = (const rnn_i_shared *)arg;
    rnn_i_call mine = *s->call;

    mine.part = (size_t)i;
    mine.room_len /= mine.parts;
    mine.room =
        mine.room_len > 1024 ? mine.room + mine.part * mine.room_len : NULL;
    s->task(&mine, s->arg);
}

/* Hands a task to the caller's hook in as many parts as it asked for; in a
 * loop, if there is no hook. */
RNN_I_FN void rnn_i_all_parts(const rnn_i_call *call, rnn_i_task task,
                              void *arg)
{
    const int n = (int)call->parts;
    rnn_i_shared s;
    int i;

    s.call = call;
    s.task = task;
    s.arg = arg;
    if (call->run->each)
        call->run->each(call->run->team, n, rnn_i_one_part, &s);
    else
        for (i = 0; i < n; i++)
            rnn_i_one_part(&s, i);
}

/* All of a task; what follows finds all parts done. */
RNN_I_INLINE void rnn_i_each(const rnn_i_call *call, rnn_i_task task, void *arg)
{
    if (call->parts == 1)
        task(call, arg);
    else
        rnn_i_all_parts(call, task, arg);
}

/* A task of one row, which is nothing to cut: its products are, by columns, as
 * far as they are worth it (rnn_i_multiply). */
RNN_I_COLD void rnn_i_one_row(const rnn_i_call *call, rnn_i_task task,
                              void *arg)
{
    rnn_i_call one = *call;

    one.parts = 1;
    one.spread = call->parts;
    task(&one, arg);
}

/* All of a task that cuts so many rows. */
RNN_I_INLINE void rnn_i_each_row(const rnn_i_call *call, size_t rows,
                                 rnn_i_task task, void *arg)
{
    if (rows == 1 && call->parts > 1)
        rnn_i_one_row(call, task, arg);
    else
        rnn_i_each(call, task, arg);
}

/* All slices of a task of such a pass, which finds its own in its call. */
typedef struct rnn_i_sliced {
    rnn_i_task task;
    void *arg;
    size_t block;
} rnn_i_sliced;

/* Part i of such a task becomes slice i: its call has one part, so whatever
 * cuts rows has all of the one row, and products look for their slice. */
RNN_I_COLD void rnn_i_one_slice(const rnn_i_call *call, void *arg)
{
    const rnn_i_sliced *s = (const rnn_i_sliced *)arg;
    rnn_i_call mine = *call;

    mine.slice = call->part;
    mine.slices = call->parts;
    mine.block = s->block;
    mine.part = 0;
    mine.parts = 1;
    s->task(&mine, s->arg);
}

/* A hook is called from the thread that called the library, never from a task,
 * so hooks do not nest. */
RNN_I_COLD void rnn_i_each_slice(const rnn_i_call *call, size_t block,
                                 rnn_i_task task, void *arg)
{
    rnn_i_call all = *call;
    rnn_i_sliced s;

    s.task = task;
    s.arg = arg;
    s.block = block;
    all.parts = rnn_i_least(call->spread, rnn_i_strips(block));
    rnn_i_all_parts(&all, rnn_i_one_slice, &s);
}

/* The share [*first, *end) of n things. Shares follow one another, and differ
 * by one at most. Where there are more parts than things the last are empty: a
 * task then does nothing, and calls no kernel that needs a row.
 *
 * The share of the same n is the same in every function of a task. So blocks
 * that run one behind another on shares of the B rows read what their own part
 * has written, and need not wait in between. Cut the rows of one block in
 * another way and that ends. */
RNN_I_FN void rnn_i_share(const rnn_i_call *call, size_t n, size_t *first,
                          size_t *end)
{
    const size_t p = call->part, parts = call->parts;
    size_t each, more;

    *first = 0;
    *end = n;
    if (parts == 1) /* most; a division is slow */
        return;
    each = n / parts;
    more = n % parts;
    *first = p * each + (p < more ? p : more);
    *end = *first + each + (p < more ? 1u : 0u);
}

/* The columns [*first, *end) that a call's slice has of each block: whole
 * strips. Of a layer's products a block is a gate, H columns, so that the same
 * slice has the same columns of all of them, whatever pieces they are of. */
RNN_I_FN void rnn_i_slice(const rnn_i_call *call, size_t *first, size_t *end)
{
    rnn_i_call mine = *call;

    mine.part = call->slice;
    mine.parts = call->slices;
    rnn_i_share(&mine, rnn_i_strips(call->block), first, end);
    *first = rnn_i_least(*first * RNN_I_STRIP, call->block);
    *end = rnn_i_least(*end * RNN_I_STRIP, call->block);
}

/* A product with what most have in common: one round, rows of A and B whose
 * numbers are neighbours, no bias. Still to be set: m, n, k; a, a_i; b, b_k; c,
 * c_i; start. While b_rows is 0 the other fields of strips are not read. */
RNN_I_FN void rnn_i_blank(const rnn_i_call *call, rnn_i_product *p)
{
    p->o = 1;
    p->a_k = p->b_j = 1;
    p->a_o = p->b_o = 0;
    p->b_rows = 0;
    p->next = NULL;
    p->b1 = p->b2 = NULL;
    p->room = call->room;
    p->room_len = call->room_len;
}

RNNDEF const char *rnn_status_text(rnn_status status)
{
#ifdef RNN_NO_STATUS_TEXT
    return status == RNN_OK ? "ok" : "error";
#else
    switch (status) {
    case RNN_OK: return "ok";
    case RNN_E_ARG: return "an argument is NULL or out of its range";
    case RNN_E_SIZE: return "a size is zero, negative or too large";
    case RNN_E_BUFFER: return "a buffer is too short";
    case RNN_E_ID: return "a token is not in the vocabulary";
    case RNN_E_LENGTH: return "a sequence's length is out of range";
    case RNN_E_NOT_FINITE: return "a number is infinite or not a number";
    case RNN_E_UNSUPPORTED: return "not supported on this machine";
    case RNN_E_FORMAT: return "not a valid file";
    case RNN_E_MISMATCH: return "the file does not fit the model";
    case RNN_E_END: return "nothing further";
    case RNN_E_ORDER:
        return "a call that must come first has not, or was for something else";
    }
    return "unknown status";
#endif
}

/* ============================================================================
 * [ROWS]  the valid rows of a batch of sequences
 *
 * At every step the rows that are not padding form runs of neighbours. All
 * passes over time are loops over these runs, so padding is never computed.
 *
 *     lengths 4 2 3 1      step   0        1        2        3
 *                          rows   0 1 2 3  0 1 2    0   2    0
 *                          runs   [0 .. 4) [0 .. 3) [0],[2]  [0]
 *
 * Without lengths all steps of all rows are one matrix of T*B rows, and one
 * product. Weight gradients go the other way: the rows are their inner index,
 * and they are cut by columns of the weight.
 *
 *     forward      y  (rows, out) = start + x (rows, in)  W (in, out)
 *     backward     dx (rows, in)  = start + dy (rows, out) W^T
 *     gradients    dW (in, out)  += x^T dy, db += 1^T dy
 * ========================================================================= */

/* The next run of valid rows at step t, from row *b up to end: its first row
 * in *b, its length returned; 0 when there is none. All loops over runs are
 *
 *     for (b = first; b < end && (n = rnn_i_run(seq, t, &b, end)) != 0; b += n)
 *
 * Without lengths the first run is all of [first, end). */
RNN_I_FN size_t rnn_i_run(const rnn_seq *seq, int t, size_t *b, size_t end)
{
    size_t i = *b, n = 0;

    if (!seq->lengths)
        return end - i;
    t += seq->past;
    while (i < end && seq->lengths[i] <= t)
        i++;
    *b = i;
    while (i + n < end && seq->lengths[i + n] > t)
        n++;
    return n;
}

/* How many steps row b has. Of a window lengths are the whole sequence's, and
 * `past` of its steps lie before. */
RNN_I_INLINE size_t rnn_i_steps(const rnn_seq *seq, size_t b)
{
    const int n = seq->lengths ? seq->lengths[b] - seq->past : seq->steps;
    return n < 0 ? 0 : n < seq->steps ? (size_t)n : (size_t)seq->steps;
}

/* Where step t, row b of a (T, B, width) array lies: of the library's arrays,
 * and of the caller's that have no strides. */
RNN_I_INLINE size_t rnn_i_at(const rnn_seq *seq, int t, size_t b, size_t width)
{
    return ((size_t)t * (size_t)seq->batch + b) * width;
}

/* The number of step t, row b in the caller's x, ids and targets, in tokens or
 * rows of I numbers. Products know these strides by rnn_i_set_x; whoever reads
 * ids or targets comes here, never to rnn_i_at. */
RNN_I_INLINE size_t rnn_i_number(const rnn_seq *seq, int t, size_t b)
{
    const size_t step =
        seq->step_stride ? seq->step_stride : (size_t)seq->batch;
    return (size_t)t * step + b * (seq->row_stride ? seq->row_stride : 1);
}

/* Where a call's steps end. */
RNN_I_INLINE int rnn_i_end(const rnn_i_call *call, const rnn_seq *seq)
{
    return call->to < seq->steps ? call->to : seq->steps;
}

/* The same call for step t alone. */
RNN_I_FN rnn_i_call rnn_i_at_step(const rnn_i_call *call, int t)
{
    rnn_i_call one = *call;
    one.from = t;
    one.to = t + 1;
    return one;
}

/* A product by a matrix of halves, of several rows: some terms of a strip at a
 * time become numbers in a panel, which all rows of C read; the chains go on.
 */
RNN_I_APART void rnn_i_multiply_panels(const rnn_i_call *call,
                                       const rnn_i_product *p)
{
    rnn_real *panel = rnn_i_at_line(p->room);
    const size_t most = (p->room_len - 16) / RNN_I_STRIP;
    const rnn_i_pair *b;
    rnn_i_product one = *p;
    size_t j, k, col;

    one.room = NULL; /* the panel is there */
    one.b_rows = 0;
    one.b_k = RNN_I_STRIP;
    for (j = 0; j < p->n; j += one.n) {
        b = rnn_i_pairs_at(p, p->n, j, &col, &one.n);
        one.b = panel + col;
        one.b1 = p->b1 ? p->b1 + j : NULL;
        one.b2 = p->b2 ? p->b2 + j : NULL;
        one.c = p->c + j;
        one.start = p->start;
        for (k = 0; k < p->k; k += one.k) {
            one.k = rnn_i_least(p->k - k, most);
            one.a = p->a + (ptrdiff_t)k * p->a_k;
            RNN_I_DO(call->k, widen, one.k, b + k * RNN_I_PAIRS, panel);
            RNN_I_DO(call->k, product, &one);
            one.start = RNN_I_FROM_C;
        }
    }
}

/* A slice of a product, in the call's own room, since slices run at once. */
RNN_I_FN void rnn_i_multiply(const rnn_i_call *call, rnn_i_product *p);
RNN_I_COLD void rnn_i_multiply_slice(const rnn_i_call *call, void *arg)
{
    const rnn_i_product *const all = (const rnn_i_product *)arg;
    rnn_i_call whole = *call;
    rnn_i_product p;
    size_t first, end, j;

    whole.spread = 0;
    rnn_i_slice(call, &first, &end);
    for (j = first; j < all->n && first < end; j += call->block) {
        p = *all;
        p.n = end - first;
        p.c += j;
        p.b1 = p.b1 ? p.b1 + j : NULL;
        p.b2 = p.b2 ? p.b2 + j : NULL;
        if (p.b_rows)
            p.b_col += j;
        else
            p.b += (ptrdiff_t)j * p.b_j;
        p.room = call->room;
        p.room_len = call->room_len;
        rnn_i_multiply(&whole, &p);
    }
}

/* A product of one row's pass: a slice, all slices, or all at once where it is
 * too small for a hook's call. */
RNN_I_COLD void rnn_i_multiply_cut(const rnn_i_call *call, rnn_i_product *p)
{
    rnn_i_call whole = *call;

    whole.spread = 0;
    if (call->slices > 1)
        rnn_i_multiply_slice(call, p);
    else if (p->n > RNN_I_STRIP &&
             rnn_i_times3(p->m, p->n, p->k) >= RNN_I_WORTH)
        rnn_i_each_slice(call, p->n, rnn_i_multiply_slice, p);
    else
        rnn_i_multiply(&whole, p);
}

/* The product of a call, of whatever layout B is. By a matrix in strips a
 * kernel of vectors takes one row of C itself; the others go strip by strip,
 * RNN_I_ROWS rows at a time, and of a matrix of halves without room for panels
 * row by row. To the kernel each strip is a matrix of its own, so b_rows is 0
 * meanwhile. p is as before at the end, but for b_k, which is not read of a
 * matrix in strips. */
RNN_I_FN void rnn_i_multiply(const rnn_i_call *call, rnn_i_product *p)
{
    const rnn_real *a = p->a, *b = p->b, *b1 = p->b1, *b2 = p->b2;
    const size_t m = p->m, n = p->n, b_rows = p->b_rows;
    const int fetch = b_rows && rnn_i_times(b_rows, p->b_cols) >= RNN_I_NEXT;
    rnn_real *c = p->c;
    size_t i, j, b_k, some;

    if (call->spread) {
        rnn_i_multiply_cut(call, p);
        return;
    }
    if (!b_rows || (m == 1 && (p->half || RNN_I_VECTORS_OF(call->k)))) {
        RNN_I_DO(call->k, product, p);
        return;
    }
    if (p->half && p->room) {
        rnn_i_multiply_panels(call, p);
        return;
    }
    for (i = 0; i < m; i += p->m) {
        p->m = rnn_i_least(m - i, p->half ? 1 : RNN_I_ROWS);
        p->a = a + (ptrdiff_t)i * p->a_i;
        p->c = c + (ptrdiff_t)i * p->c_i;
        if (p->half) {
            RNN_I_DO(call->k, product, p);
            continue;
        }
        for (j = 0; j < n; j += p->n) {
            p->b = b + rnn_i_strip_at(p, n, j, &b_k, &p->n);
            p->b_k = (ptrdiff_t)b_k;
            p->next = NULL;
            /* the next one is as wide */
            if (fetch && n - j >= p->n + RNN_I_STRIP)
                p->next = b + rnn_i_strip_at(p, n, j + p->n, &b_k, &some);
            p->b1 = b1 ? b1 + j : NULL;
            p->b2 = b2 ? b2 + j : NULL;
            p->c = c + (ptrdiff_t)i * p->c_i + (ptrdiff_t)j;
            p->b_rows = 0;
            RNN_I_DO(call->k, product, p);
            p->b_rows = b_rows;
        }
    }
    p->a = a, p->b = b, p->b1 = b1, p->b2 = b2, p->c = c, p->next = NULL;
    p->m = m, p->n = n;
}

/* How the products of a description are made that the compiler knows: where
 * they stand, a row each, its loops cut to its sizes; or by one function for
 * all. 0: as of any description. A literal wherever it is passed on, since
 * compilers drop what is not used before they put functions into one another.
 * KEEPS: of a stack's step, each layer has a z of its own. */
enum { RNN_I_INLINED = 1, RNN_I_CALLED = 2, RNN_I_FOLDS = 3, RNN_I_KEEPS = 4 };

/* A product of a step, or of the gradients behind it. */
RNN_I_INLINE void rnn_i_multiply_step(const rnn_i_call *call, rnn_i_product *p,
                                      int folded)
{
    if (folded == RNN_I_INLINED) {
        RNN_I_FOLD(row, p);
    } else if (folded == RNN_I_CALLED) {
        size_t i;
        if (p->start != RNN_I_FROM_C) /* m is 1 */
            RNN_I_FOLD(gather, p->n, p->start == RNN_I_FROM_BIAS ? p->b1 : NULL,
                       p->start == RNN_I_FROM_BIAS ? p->b2 : NULL, NULL, p->c);
        for (i = p->k ? p->m : 0; i; i--, p->a += p->a_i, p->c += p->c_i)
            if (p->b_j == 1)
                RNN_I_FOLD(row_by, p->a, p->a_k, p->b, p->b_k, p->c, p->n,
                           p->k);
            else /* b_k is 1, as a_k is */
                rnn_i_c_row_by_back(p->a, p->b, p->b_j, p->c, p->n, p->k);
    } else {
        rnn_i_multiply(call, p);
    }
}

/* When a part of a layer's input (rnn_i_part) counts. Where it does not it is
 * as if it were 0, and is not multiplied at all. */
enum { RNN_I_ALWAYS, RNN_I_FIRST, RNN_I_NEVER };

/* An input of the library's own: rows of `width` numbers, all T of them
 * neighbours, read at every step. dx is where its gradient goes, or NULL. */
RNN_I_FN void rnn_i_set_part(rnn_i_part *p, const rnn_real *x, size_t width,
                             rnn_real *dx)
{
    p->x = x;
    p->width = p->row = width;
    p->step = 0;
    p->fixed = 0;
    p->when = RNN_I_ALWAYS;
    p->dx = dx;
    p->add = 0;
}

/* A part that is the caller's x, with its strides; dx has the same. Without a
 * step_stride, step stays 0, which means B rows. */
RNN_I_FN void rnn_i_set_x(rnn_i_part *p, const rnn_seq *seq, const rnn_real *x,
                          size_t width, rnn_real *dx)
{
    rnn_i_set_part(p, x, width, dx);
    p->step = seq->step_stride * width;
    if (seq->row_stride)
        p->row = seq->row_stride * width;
    if (seq->batch == 1 && p->step) /* its steps are the rows of one matrix */
        p->row = p->step;
}

/* From one step of a part to the next: 0 of a fixed one, whose x and dx are
 * those of step 0 all the time. */
RNN_I_INLINE size_t rnn_i_part_step(const rnn_i_part *p, const rnn_seq *seq)
{
    return p->fixed ? 0 : p->step ? p->step : (size_t)seq->batch * p->row;
}

/* Step t, row b of a part. */
RNN_I_INLINE size_t rnn_i_part_at(const rnn_i_part *p, const rnn_seq *seq,
                                  int t, size_t b)
{
    return (size_t)t * rnn_i_part_step(p, seq) + b * p->row;
}

/* One past the last step of this call at which a part is read; at or below
 * call->from if there is none, which all loops take for no steps. */
RNN_I_FN int rnn_i_until(const rnn_i_call *call, const rnn_seq *seq,
                         const rnn_i_part *p)
{
    const int to = rnn_i_end(call, seq);

    return p->when == RNN_I_NEVER             ? 0
           : p->when == RNN_I_FIRST && to > 1 ? 1
                                              : to;
}

/* How many numbers T*B rows of this width are. */
RNN_I_FN size_t rnn_i_of_rows(const rnn_seq *seq, size_t width)
{
    return rnn_i_times3((size_t)seq->steps, (size_t)seq->batch, width);
}

/* Whether they can be a buffer. */
RNN_I_FN int rnn_i_rows_fit(const rnn_seq *seq, int width)
{
    return rnn_i_fits(rnn_i_of_rows(seq, (size_t)width));
}

/* A product for every valid row up to step to - 1: c(t, b) = start + a(t, b) B.
 * p->a and p->c point at step 0, row 0 of arrays with strides (a_t, a_i) and
 * (c_t, c_i), in numbers, whatever call->from is. It cuts the rows of the batch
 * by the call's share, and leaves m, a and c changed.
 *
 * One tall matrix or run by run: a row of C has the same chain of sums in both,
 * since rows do not meet. Steps go up, which counts where c_t is 0: a fixed
 * part's dx is the sum of its steps. */
RNN_I_FN void rnn_i_rows(const rnn_i_call *call, const rnn_seq *seq, int to,
                         rnn_i_product *p, ptrdiff_t a_t, ptrdiff_t c_t)
{
    const rnn_real *a = p->a;
    rnn_real *c = p->c;
    const ptrdiff_t B = (ptrdiff_t)seq->batch;
    size_t first, end, b;
    int t = call->from;

    rnn_i_share(call, (size_t)seq->batch, &first, &end);
    if (t < to && !seq->lengths && end - first == (size_t)seq->batch &&
        a_t == B * p->a_i && c_t == B * p->c_i) { /* one tall matrix */
        p->m = (size_t)(to - t) * (size_t)seq->batch;
        p->a = a + t * a_t;
        p->c = c + t * c_t;
        rnn_i_multiply(call, p);
        return;
    }
    for (; t < to; t++)
        for (b = first; b < end && (p->m = rnn_i_run(seq, t, &b, end)) != 0;
             b += p->m) {
            p->a = a + t * a_t + (ptrdiff_t)b * p->a_i;
            p->c = c + t * c_t + (ptrdiff_t)b * p->c_i;
            rnn_i_multiply(call, p);
        }
}

/* C += sum over valid rows up to step to - 1 of a(t, b)^T b(t, b): a weight
 * gradient, t descending (down) or ascending, b ascending. p->a and p->b point
 * at step 0, row 0; a_k and b_k are their strides by row, a_t and b_t by step.
 *
 * Each number of C is one chain from what it was: [PRODUCT]'s o is the step, k
 * the row:
 *
 *     down      t = T - 1 .. 0, in each b = 0 .. B - 1    a forward direction
 *     not down  t = 0 .. T - 1, in each b = 0 .. B - 1    a reverse one
 *
 * as backward has gone, whatever the shares are. With lengths it goes run by
 * run through C, in the same order: what lies on padding may be anything, so it
 * is left out, not multiplied by 0. All rows of the batch are summed: a share
 * is of p->n, which the caller has cut.
 */
RNN_I_FN void rnn_i_sum(const rnn_i_call *call, const rnn_seq *seq, int to,
                        rnn_i_product *p, ptrdiff_t a_t, ptrdiff_t b_t,
                        int down)
{
    const rnn_real *a = p->a, *b0 = p->b;
    const int from = call->from;
    size_t b, end = (size_t)seq->batch;
    int s, t;

    p->start = RNN_I_FROM_C;
    p->b_j = 1;
    if (!seq->lengths && from < to) {
        t = down ? to - 1 : from;
        p->a += t * a_t;
        p->b += t * b_t;
        p->a_o = down ? -a_t : a_t;
        p->b_o = down ? -b_t : b_t;
        p->o = (size_t)(to - from);
        p->k = end;
        RNN_I_DO(call->k, product, p);
        return;
    }
    p->o = 1;
    p->a_o = p->b_o = 0;
    for (s = from; s < to; s++) {
        t = down ? to - 1 - (s - from) : s;
        for (b = 0; b < end && (p->k = rnn_i_run(seq, t, &b, end)) != 0;
             b += p->k) {
            p->a = a + t * a_t + (ptrdiff_t)b * p->a_k;
            p->b = b0 + t * b_t + (ptrdiff_t)b * p->b_k;
            RNN_I_DO(call->k, product, p);
        }
    }
}

/* Some columns of an array (T, B, width), and of the weight and the biases that
 * they belong to: there they are the columns [at, at + n). The biases do not
 * lie side by side, as in a product: a compiler would copy both at once, and
 * wait until both have been written. build/bench 'gru stream 16 16 1 1' */
typedef struct rnn_i_columns {
    rnn_real *y;        /* the first of them, which forward writes,       */
    const rnn_real *b1; /* a bias of theirs, from column `at` on; or NULL */
    const rnn_real *dy; /* or whose gradient backward reads               */
    const rnn_real *b2; /* the other bias, or NULL                        */
    size_t width, n, at;
    int start; /* at what y starts: RNN_I_FROM_ZERO, ... */
} rnn_i_columns;

/* All of an array of results, which starts at a bias, or at 0 if that is NULL.
 * To go on with a second part of the input, set start to RNN_I_FROM_C. */
RNN_I_FN rnn_i_columns rnn_i_result(rnn_real *y, size_t width,
                                    const rnn_real *bias)
{
    rnn_i_columns c;

    c.y = y;
    c.dy = NULL;
    c.width = c.n = width;
    c.at = 0;
    c.start = RNN_I_FROM_BIAS;
    c.b1 = bias;
    c.b2 = NULL;
    return c;
}

/* A task's columns [first, end) of a gradient dy (T, B, width). Those columns
 * of the weight and of the bias are then its own. */
RNN_I_FN rnn_i_columns rnn_i_gradient(const rnn_real *dy, size_t width,
                                      size_t first, size_t end)
{
    rnn_i_columns c = rnn_i_result(NULL, width, NULL);

    c.dy = dy + first;
    c.n = end - first;
    c.at = first;
    return c;
}

/* The factor of a bias, or of a row of a matrix: its strides are 0. */
static const rnn_real rnn_i_one = 1;

/* db += 1^T dy: a bias gradient, or `biases` of them, `apart` from one another.
 * db is the whole bias. A is a 1 whose strides are 0, so that db is the same
 * chain over t and b as dW, padding left out; fma(1, dy, db) rounds as a sum.
 */
RNN_I_FN void rnn_i_sum_bias(const rnn_i_call *call, const rnn_seq *seq,
                             const rnn_i_columns *dy, rnn_real *db,
                             size_t biases, size_t apart, int down)
{
    rnn_i_product p;

    rnn_i_blank(call, &p);
    p.m = biases;
    p.n = dy->n;
    p.a = &rnn_i_one;
    p.a_i = p.a_k = 0;
    p.b = dy->dy;
    p.b_k = (ptrdiff_t)dy->width;
    p.c = db + dy->at;
    p.c_i = (ptrdiff_t)apart;
    rnn_i_sum(call, seq, rnn_i_end(call, seq), &p, 0,
              (ptrdiff_t)((size_t)seq->batch * dy->width), down);
}

/* dW[ids] += rows of dy: the gradient of rows that were gathered from W, which
 * has `cols` columns. In the order of rnn_i_sum, since a token that occurs
 * twice is a sum. Of all steps: gradients of weights are not taken in pieces of
 * time, so call->from and to are not looked at. */
RNN_I_FN void rnn_i_scatter(const rnn_i_call *call, const rnn_seq *seq,
                            const rnn_i_columns *dy, rnn_real *dw, size_t cols,
                            int down)
{
    size_t r, n, i, end = (size_t)seq->batch;
    int s, t;

    for (s = 0; s < seq->steps; s++) {
        t = down ? seq->steps - 1 - s : s;
        for (r = 0; r < end && (n = rnn_i_run(seq, t, &r, end)) != 0; r += n)
            for (i = r; i < r + n; i++) {
                const size_t id = (size_t)seq->ids[rnn_i_number(seq, t, i)];
                RNN_I_DO(call->k, accumulate, dy->n,
                         dy->dy + rnn_i_at(seq, t, i, dy->width),
                         dw + id * cols + dy->at);
            }
    }
}

/* A slice of what rnn_i_gather does. */
RNN_I_FN void rnn_i_gather(const rnn_i_call *call, const rnn_seq *seq,
                           const rnn_real *w, size_t cols,
                           const rnn_i_columns *y);
RNN_I_COLD void rnn_i_gather_slice(const rnn_i_call *call, const rnn_seq *seq,
                                   const rnn_real *w, size_t cols,
                                   const rnn_i_columns *y)
{
    rnn_i_call whole = *call;
    rnn_i_columns some;
    size_t first, end, j;

    whole.spread = 0;
    rnn_i_slice(call, &first, &end);
    for (j = first; j < y->n && first < end; j += call->block) {
        some = *y;
        some.n = end - first;
        some.y += j;
        some.at += j;
        some.b1 = y->b1 ? y->b1 + j : NULL;
        some.b2 = y->b2 ? y->b2 + j : NULL;
        rnn_i_gather(&whole, seq, w, cols, &some);
    }
}

/* y(t, b) = (b1 + b2) + W[id], for the valid rows of a share; W has `cols`
 * columns. Without W, the biases alone. y->start is not looked at, and what
 * was in y is gone: of the parts of an input only the first can be gathered. */
RNN_I_FN void rnn_i_gather(const rnn_i_call *call, const rnn_seq *seq,
                           const rnn_real *w, size_t cols,
                           const rnn_i_columns *y)
{
    size_t first, end, r, n, i;
    int t;

    if (call->spread && call->slices > 1) {
        rnn_i_gather_slice(call, seq, w, cols, y);
        return;
    }
    rnn_i_share(call, (size_t)seq->batch, &first, &end);
    for (t = call->from; t < rnn_i_end(call, seq); t++)
        for (r = first; r < end && (n = rnn_i_run(seq, t, &r, end)) != 0;
             r += n)
            for (i = r; i < r + n; i++) {
                const size_t id =
                    w ? (size_t)seq->ids[rnn_i_number(seq, t, i)] : 0;
                RNN_I_DO(call->k, gather, y->n, y->b1, y->b2,
                         w ? w + id * cols + y->at : NULL,
                         y->y + rnn_i_at(seq, t, i, y->width));
            }
}

/* Writes value (width numbers, NULL: zeros) to the padding of a share.
 * Results that leave the library have it, and a memory. z, states and the rows
 * of a table have not: they hold there what was there, and nothing reads it. */
RNN_I_FN void rnn_i_pad(const rnn_i_call *call, const rnn_seq *seq,
                        const rnn_real *value, rnn_real *y, size_t width)
{
    size_t first, end, b;
    int t;

    if (!seq->lengths)
        return;
    rnn_i_share(call, (size_t)seq->batch, &first, &end);
    for (t = call->from; t < rnn_i_end(call, seq); t++)
        for (b = first; b < end; b++)
            if (rnn_i_steps(seq, b) <= (size_t)t)
                rnn_i_copy(y + rnn_i_at(seq, t, b, width), value, width);
}

/* Zeros to the padding of a part's dx. */
RNN_I_FN void rnn_i_pad_part(const rnn_i_call *call, const rnn_seq *seq,
                             const rnn_i_part *p)
{
    size_t first, end, b;
    int t;

    if (!seq->lengths || p->fixed)
        return;
    rnn_i_share(call, (size_t)seq->batch, &first, &end);
    for (t = call->from; t < rnn_i_end(call, seq); t++)
        for (b = first; b < end; b++)
            if (rnn_i_steps(seq, b) <= (size_t)t)
                rnn_i_copy(p->dx + rnn_i_part_at(p, seq, t, b), NULL, p->width);
}

/* A token that is not in its vocabulary. */
RNN_I_FN rnn_status rnn_i_no_id(rnn_why *why, const char *name, int id,
                                size_t below, int t, size_t row)
{
    const rnn_status st =
        RNN_I_NO(why, RNN_E_ID, name,
                 "@: # at step # of row #, and there are 0 to #", id, t);
    (void)name, (void)below, (void)row;
#ifndef RNN_NO_WHY
    if (why) {
        why->n[2] = (ptrdiff_t)row;
        why->n[3] = (ptrdiff_t)below - 1;
    }
#endif
    return st;
}

/* A refusal of what belongs to source i of so many: its name says so. */
RNN_I_COLD rnn_status rnn_i_of_source(rnn_why *why, int i, int sources,
                                      rnn_status st)
{
    (void)why, (void)i, (void)sources;
#ifndef RNN_NO_WHY
    if (st && why) {
        size_t n = 0;
        while (why->name[n])
            n++;
        if (n + sizeof " of source[0]" <= sizeof why->name) {
            char *to = rnn_i_put(why->name + n, " of source");
            if (sources > 1) {
                to = rnn_i_put_number(rnn_i_put(to, "["), (size_t)i);
                (void)rnn_i_put(to, "]");
            }
        }
    }
#endif
    return st;
}

/* Steps, batch, lengths, and that there are ids (0: x instead; -1: neither). */
RNN_I_FN rnn_status rnn_i_check_shape(const rnn_seq *seq, int ids, rnn_why *why)
{
    size_t b;
    rnn_status st;

    if (!seq)
        return RNN_I_NO_NULL(why, "seq");
    st = rnn_i_in(why, RNN_E_SIZE, "seq.steps", seq->steps, 1, INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "seq.batch", seq->batch, 1, INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "seq.past", seq->past, 0, 0);
    if (st)
        return st;
    if ((seq->row_stride && !seq->step_stride && seq->steps > 1) ||
        (seq->step_stride && !seq->row_stride && seq->batch > 1))
        return RNN_I_NO(why, RNN_E_ARG, "seq",
                        "@ has a step_stride of # and a row_stride of #: with "
                        "one goes the other",
                        seq->step_stride, seq->row_stride);
    for (b = 0; seq->lengths && b < (size_t)seq->batch; b++)
        if (seq->lengths[b] < 0 || seq->lengths[b] > seq->steps)
            return RNN_I_NO(why, RNN_E_LENGTH, "seq.lengths",
                            "@ has # for row #", seq->lengths[b], b);
    if (ids < 0)
        return RNN_OK;
    if (ids ? !seq->ids : !seq->x)
        return ids ? RNN_I_NO(why, RNN_E_ARG, "ids",
                              "@ is NULL: tokens are read here", 0, 0)
                   : RNN_I_NO(why, RNN_E_ARG, "x",
                              "@ is NULL: numbers are read here", 0, 0);
    return RNN_OK;
}

/* Whether each id is below `ids`, if there are any. Those of padding are not
 * read. */
RNN_I_FN rnn_status rnn_i_check_ids(const rnn_seq *seq, int ids,
                                    const char *name, rnn_why *why)
{
    const size_t end = (size_t)seq->batch;
    size_t b, n;
    int t;

    for (t = 0; ids > 0 && t < seq->steps; t++)
        for (b = 0; b < end && (n = rnn_i_run(seq, t, &b, end)) != 0; b += n) {
            size_t i;
            for (i = b; i < b + n; i++) {
                const int id = seq->ids[rnn_i_number(seq, t, i)];
                if (id < 0 || id >= ids)
                    return rnn_i_no_id(why, name, id, (size_t)ids, t, i);
            }
        }
    return RNN_OK;
}

/* Whether an array is as long as steps and rows want, where its length is said.
 */
RNN_I_FN rnn_status rnn_i_long(rnn_why *why, const char *name, size_t len,
                               size_t wants)
{
    (void)name;
#ifdef RNN_CHECK
    if (!len && wants)
        return RNN_I_NO(why, RNN_E_ARG, name,
                        "the length of @ is 0, not said: # are needed", wants,
                        0);
#endif
    return !len || len >= wants ? RNN_OK : RNN_I_NO_ROOM(why, name, len, wants);
}

/* An array that must be there, and whose length is always said. */
RNN_I_FN rnn_status rnn_i_check_array(rnn_why *why, const char *name,
                                      const void *p, size_t len, size_t wants)
{
    const rnn_status st = wants ? rnn_i_there(why, name, p) : RNN_OK;

    return st || len >= wants ? st : RNN_I_NO_ROOM(why, name, len, wants);
}

#ifdef RNN_CHECK
/* n numbers from `first` on, none of them NaN. */
RNN_I_COLD rnn_status rnn_i_check_some(const rnn_real *x, size_t first,
                                       size_t n, const char *name, rnn_why *why)
{
    size_t i;

    (void)name;
    for (i = first; x && i < first + n; i++)
        if (x[i] != x[i])
            return RNN_I_NO(why, RNN_E_NOT_FINITE, name,
                            "@: number # is NaN: has it been written?", i, 0);
    return RNN_OK;
}

RNN_I_FN rnn_status rnn_i_check_numbers(const rnn_real *x, size_t n,
                                        const char *name, rnn_why *why)
{
    return rnn_i_check_some(x, 0, n, name, why);
}

/* Parameters that somebody has written. */
RNN_I_FN rnn_status rnn_i_check_params(const rnn_real *params, size_t n,
                                       rnn_why *why)
{
    size_t i = 0;
    const rnn_status st = rnn_i_check_numbers(params, n, "params", why);

    while (i < n && params[i] == 0)
        i++;
    return st || !n || i < n
               ? st
               : RNN_I_NO(why, RNN_E_ORDER, "params",
                          "@ are all 0: rnn_init_params, or load them", 0, 0);
}

/* Rows of so many numbers, from time-major ones or, `strided`, from where seq
 * has them; those of valid steps. */
RNN_I_FN rnn_status rnn_i_check_steps(const rnn_seq *seq, const rnn_real *x,
                                      size_t width, int strided,
                                      const char *name, rnn_why *why)
{
    rnn_status st = RNN_OK;
    size_t b;
    int t;

    for (t = 0; x && t < seq->steps; t++)
        for (b = 0; b < (size_t)seq->batch && !st; b++) {
            const size_t row = strided ? rnn_i_number(seq, t, b)
                                       : (size_t)t * (size_t)seq->batch + b;
            if (rnn_i_steps(seq, b) > (size_t)t)
                st = rnn_i_check_some(x, row * width, width, name, why);
        }
    return st;
}

#endif

/* An array that a block alone reads: with RNN_CHECK somebody has written it. */
RNN_I_FN rnn_status rnn_i_check_read(rnn_why *why, const char *name,
                                     const rnn_real *p, size_t len,
                                     size_t wants)
{
    rnn_status st = rnn_i_check_array(why, name, p, len, wants);

#ifdef RNN_CHECK
    if (!st)
        st = rnn_i_check_numbers(p, wants, name, why);
#endif
    return st;
}

/* And one of time-major rows, of which padding may hold anything. */
RNN_I_FN rnn_status rnn_i_check_read_rows(rnn_why *why, const char *name,
                                          const rnn_real *p, size_t len,
                                          const rnn_seq *seq, size_t width)
{
    rnn_status st =
        rnn_i_check_array(why, name, p, len, rnn_i_of_rows(seq, width));

#ifdef RNN_CHECK
    if (!st)
        st = rnn_i_check_steps(seq, p, width, 0, name, why);
#endif
    return st;
}

/* How many rows there are from the first to the last, whatever lies between. */
RNN_I_FN size_t rnn_i_extent(const rnn_seq *seq)
{
    const size_t step =
        seq->step_stride ? seq->step_stride : (size_t)seq->batch;
    const size_t row = seq->row_stride ? seq->row_stride : 1;

    return rnn_i_plus(rnn_i_times((size_t)seq->steps - 1, step),
                      rnn_i_plus(rnn_i_times((size_t)seq->batch - 1, row), 1));
}

/* The length of x, rows of so many numbers, or of ids. */
RNN_I_FN rnn_status rnn_i_check_input(const rnn_seq *seq, int ids, size_t width,
                                      rnn_why *why)
{
    const size_t n = rnn_i_extent(seq);

    return ids < 0 ? RNN_OK
           : ids   ? rnn_i_long(why, "ids", seq->ids_len, n)
                   : rnn_i_long(why, "x", seq->x_len, rnn_i_times(n, width));
}

/* Whether two steps have one place: t and b that differ by row_stride / g and
 * step_stride / g, g their greatest common divisor. x may lie so (windows that
 * overlap), what is written may not. */
RNN_I_FN int rnn_i_overlaps(const rnn_seq *seq)
{
    size_t g = seq->step_stride, rest = seq->row_stride;

    if (!g || !rest)
        return 0;
    while (rest) {
        const size_t r = g % rest;
        g = rest;
        rest = r;
    }
    return seq->row_stride / g < (size_t)seq->steps &&
           seq->step_stride / g < (size_t)seq->batch;
}

/* A gradient of x that is wanted, in the places of x: tokens have none. */
RNN_I_FN rnn_status rnn_i_check_dx(const rnn_seq *seq, int dense, rnn_why *why)
{
    if (!dense)
        return RNN_I_NO(why, RNN_E_ARG, "dx",
                        "@ is wanted, but the input is no numbers", 0, 0);
    return rnn_i_overlaps(seq)
               ? RNN_I_NO(why, RNN_E_ARG, "dx",
                          "@ is wanted, but with a step_stride of # and a "
                          "row_stride of # steps overlap",
                          seq->step_stride, seq->row_stride)
               : RNN_OK;
}

/* All of what a block alone reads. */
RNN_I_FN rnn_status rnn_i_check_seq(const rnn_seq *seq, int ids, size_t width,
                                    rnn_why *why)
{
    rnn_status st = rnn_i_check_shape(seq, ids, why);

    if (!st)
        st = rnn_i_check_input(seq, ids, width, why);
    if (!st)
        st = rnn_i_check_ids(seq, ids, "ids", why);
#ifdef RNN_CHECK
    if (!st && !ids)
        st = rnn_i_check_steps(seq, seq->x, width, 1, "x", why);
#endif
    return st;
}

/* A weight [in][cols], and copies in strips of it (ws, [in][cols], which
 * forward reads) and of its transpose (wt, [cols][in], backward), or NULL. They
 * hold the same numbers, so the bits do not tell which was read, unless ws is
 * of halves, which are rounded. */
typedef struct rnn_i_matrix {
    const rnn_real *w, *ws, *wt;
    size_t in, cols;
    int half; /* of ws */
} rnn_i_matrix;

/* A weight as it lies in params, without copies. */
RNN_I_FN rnn_i_matrix rnn_i_matrix_at(const rnn_real *w, size_t in, size_t cols)
{
    rnn_i_matrix m;

    m.w = w;
    m.ws = m.wt = NULL;
    m.in = in;
    m.cols = cols;
    m.half = 0;
    return m;
}

/* A share of the copy in strips; 16 rows at a time, so that what is read is
 * near. Row r of the strip that begins at column j stands at j * in + r * its
 * width: rnn_i_strip_at finds it there. */
RNN_I_FN void rnn_i_copy_strips(const rnn_i_call *call, const rnn_real *w,
                                size_t in, size_t cols, rnn_real *to)
{
    size_t first, end, r, r0, j, width;

    rnn_i_share(call, in, &first, &end);
    for (r0 = first; r0 < end; r0 += 16)
        for (j = 0; j < cols; j += RNN_I_STRIP) {
            width = rnn_i_strip(cols, j);
            for (r = r0; r < end && r < r0 + 16; r++)
                rnn_i_copy(to + j * in + r * width, w + r * cols + j, width);
        }
}

/* The same in halves; column i of a row is 0 where there is none. */
RNN_I_FN void rnn_i_copy_halves(const rnn_i_call *call, const rnn_real *w,
                                size_t in, size_t cols, rnn_real *to)
{
    rnn_i_pair *pair = (rnn_i_pair *)(void *)to;
    size_t first, end, r, j, i;

    rnn_i_share(call, in, &first, &end);
    for (j = 0; j < cols; j += RNN_I_STRIP)
        for (r = first; r < end; r++)
            for (i = 0; i < RNN_I_PAIRS; i++) {
                const size_t c = j + rnn_i_column(i), d = c + 16;
                const rnn_real *row = w + r * cols;
                pair[(j / RNN_I_STRIP * in + r) * RNN_I_PAIRS + i] =
                    (c < cols ? rnn_i_halved(row[c]) : 0) |
                    (d < cols ? rnn_i_halved(row[d]) : 0) << 16;
            }
}

/* A share of the transpose [cols][in] in strips; 8 rows at a time, whose lines
 * stay in the cache even if they are a power of two apart. */
RNN_I_FN void rnn_i_transpose(const rnn_i_call *call, const rnn_real *w,
                              size_t in, size_t cols, rnn_real *to)
{
    size_t first, end, r, c, i, width;

    rnn_i_share(call, cols, &first, &end);
    for (r = 0; r < in; r += 8) {
        const rnn_real *from = w + r * cols;
        rnn_real *at =
            to + r / RNN_I_STRIP * RNN_I_STRIP * cols + r % RNN_I_STRIP;
        const size_t rows = rnn_i_least(in - r, 8);

        width = rnn_i_strip(in, r);
        for (c = first; c < end; c++)
            if (rows == 8)
                for (i = 0; i < 8; i++)
                    at[c * width + i] = from[i * cols + c];
            else
                for (i = 0; i < rows; i++)
                    at[c * width + i] = from[i * cols + c];
    }
}

/* The right factor of a product: columns from col on, and rows from row on, of
 * W. Of strips b stays at their beginning, and b_row, b_col say where the part
 * is, since a part's columns may lie in several strips. b_j is left as
 * rnn_i_blank has set it. */
RNN_I_FN void rnn_i_by(rnn_i_product *p, const rnn_i_matrix *w, size_t row,
                       size_t col)
{
    p->b = w->w + row * w->cols + col;
    p->b_k = (ptrdiff_t)w->cols;
    p->b_rows = 0;
    if (w->ws) {
        p->b = w->ws;
        p->half = w->half;
        p->b_rows = w->in;
        p->b_cols = w->cols;
        p->b_row = row;
        p->b_col = col;
    }
}

/* The same of W^T, [cols][in]: row and col count there. Without a copy, b_j is
 * not 1, and the kernel gathers columns number by number, slowly. */
RNN_I_FN void rnn_i_by_transpose(rnn_i_product *p, const rnn_i_matrix *w,
                                 size_t row, size_t col)
{
    p->b = w->wt ? w->wt : w->w + col * w->cols + row;
    p->b_j = w->wt ? 1 : (ptrdiff_t)w->cols;
    p->b_k = 1;
    p->half = 0;
    p->b_rows = w->wt ? w->cols : 0;
    p->b_cols = w->in;
    p->b_row = row;
    p->b_col = col;
}

/* dx(t, b) = start + dy(t, b) W^T for every valid row; of the matrix W the rows
 * that belong to a part, from `row` on. dx is part->dx; if that is fixed, its
 * steps are added, for which start has to be RNN_I_FROM_C. Of W the columns
 * [dy->at, dy->at + dy->n) are read. */
RNN_I_FN void rnn_i_rows_back(const rnn_i_call *call, const rnn_seq *seq,
                              const rnn_i_columns *dy, const rnn_i_matrix *w,
                              size_t row, const rnn_i_part *part, int start)
{
    const int to = rnn_i_until(call, seq, part);
    const size_t B = (size_t)seq->batch;
    rnn_i_product p;

    rnn_i_blank(call, &p);
    p.n = part->width;
    p.k = dy->n;
    p.a = dy->dy;
    p.a_i = (ptrdiff_t)dy->width;
    rnn_i_by_transpose(&p, w, dy->at, row);
    p.c = part->dx;
    p.c_i = (ptrdiff_t)part->row;
    p.start = start;
    rnn_i_rows(call, seq, to, &p, (ptrdiff_t)(B * dy->width),
               (ptrdiff_t)rnn_i_part_step(part, seq));
}

/* What a product adds to, and where that is. */
RNN_I_INLINE void rnn_i_set_columns(rnn_i_product *p, const rnn_i_columns *y)
{
    p->n = y->n;
    p->start = y->start;
    p->b1 = y->b1;
    p->b2 = y->b2;
    p->c = y->y;
    p->c_i = (ptrdiff_t)y->width;
}

/* y(t, b) = start + x(t, b) W for every valid row; of the matrix W the rows
 * that belong to a part, from `row` on. */
RNN_I_FN void rnn_i_rows_forward(const rnn_i_call *call, const rnn_seq *seq,
                                 const rnn_i_part *part, const rnn_i_matrix *w,
                                 size_t row, const rnn_i_columns *y)
{
    const int to = rnn_i_until(call, seq, part);
    const size_t B = (size_t)seq->batch;
    rnn_i_product p;

    rnn_i_blank(call, &p);
    rnn_i_set_columns(&p, y);
    p.k = part->width;
    p.a = part->x;
    p.a_i = (ptrdiff_t)part->row;
    rnn_i_by(&p, w, row, y->at);
    rnn_i_rows(call, seq, to, &p, (ptrdiff_t)rnn_i_part_step(part, seq),
               (ptrdiff_t)(B * y->width));
}

/* dW += sum x^T dy; dW has part->width rows and `cols` columns, and points at
 * the part's first row, not at the weight's. */
RNN_I_FN void rnn_i_rows_grads(const rnn_i_call *call, const rnn_seq *seq,
                               const rnn_i_part *part, const rnn_i_columns *dy,
                               rnn_real *dw, size_t cols, int down)
{
    const int to = rnn_i_until(call, seq, part);
    const size_t B = (size_t)seq->batch;
    rnn_i_product p;

    rnn_i_blank(call, &p);
    p.m = part->width;
    p.n = dy->n;
    p.a = part->x;
    p.a_i = 1;
    p.a_k = (ptrdiff_t)part->row;
    p.b = dy->dy;
    p.b_k = (ptrdiff_t)dy->width;
    p.c = dw + dy->at;
    p.c_i = (ptrdiff_t)cols;
    rnn_i_sum(call, seq, to, &p, (ptrdiff_t)rnn_i_part_step(part, seq),
              (ptrdiff_t)(B * dy->width), down);
}

/* ============================================================================
 * [MAP]  functions over vectors
 *
 * The functions themselves stand in [KERNELS], once per instruction set. Here
 * is the public call, and softmax, which losses, sampling and attention share.
 * ========================================================================= */

/* One thread does it: a vector is quicker than a thread begins. Infinity and
 * numbers below the least normal one come out the same from every kernel. */
RNNDEF rnn_status rnn_map(rnn_fn f, size_t n, const rnn_real *x, rnn_real *y,
                          const rnn_run *run)
{
    rnn_i_call call;
    rnn_status st = rnn_i_begin_run(run, &call);

    if (!st && (!x || !y))
        st = RNN_I_NO_NULL(call.why, x ? "y" : "x");
    if (!st)
        st = rnn_i_in(call.why, RNN_E_ARG, "f", (int)f, 0, RNN_FN_SQRT);
    if (st)
        return st;
    RNN_I_DO(call.k, map, (int)f, n, x, y);
    return RNN_OK;
}

/* p = softmax(x), p may be x or NULL; returns the sum of e^(x - max) */
RNN_I_FN rnn_real rnn_i_softmax(const rnn_i_call *call, size_t n,
                                const rnn_real *x, rnn_real *p, rnn_real *max)
{
    rnn_real sum;
    size_t i;

    *max = RNN_I_DO(call->k, greatest, n, x);
    sum = RNN_I_DO(call->k, exp_sum, n, *max, 1, x, p);
    if (p)
        for (i = 0; i < n; i++)
            p[i] = rnn_i_div(p[i], sum);
    return sum;
}

/* ============================================================================
 * [RANDOM]  Threefry-2x32-20
 *
 * (Salmon et al. 2011.) A key and a counter, two words each, are mixed to two
 * random words; nothing goes on from one number to the next. So dropout can ask
 * for the word of any (layer, step, row, unit), and a generator is a key and a
 * counter that counts up. Twenty rounds of
 *
 *     x0 += x1    x1 = rotate(x1, r_i) ^ x0
 *
 * with words of the key added after every fourth. A normal number is the
 * inverse of the normal distribution at a uniform one.
 * ========================================================================= */

RNNDEF void rnn_threefry(const uint32_t key[2], const uint32_t counter[2],
                         uint32_t out[2])
{
    uint32_t k[3], x = counter[0] + key[0], y = counter[1] + key[1];
    int i;

    k[0] = key[0];
    k[1] = key[1];
    k[2] = RNN_I_PARITY ^ k[0] ^ k[1];
    for (i = 0; i < 20; i++) {
        x += y;
        y = y << rnn_i_turn[i & 7] | y >> (32 - rnn_i_turn[i & 7]);
        y ^= x;
        if ((i & 3) == 3) { /* every fourth round takes in the key */
            const int s = i / 4 + 1;
            x += k[s % 3];
            y += k[(s + 1) % 3] + (uint32_t)s;
        }
    }
    out[0] = x;
    out[1] = y;
}

RNNDEF void rnn_rng_seed(rnn_rng *rng, uint32_t seed)
{
    if (!rng)
        return;
    rng->key[0] = seed;
    rng->key[1] = 0;
    rng->count[0] = rng->count[1] = 0;
}

/* A generator is a key and a count, so it can be saved, copied and set forward;
 * a word is what Threefry makes of its number. 2^64 words come before the first
 * one comes again. */
RNNDEF uint32_t rnn_rng_next(rnn_rng *rng)
{
    uint32_t counter[2], out[2], word;

    if (!rng)
        return 0;
    word = rng->count[0] & 1u; /* each block gives two */
    counter[0] = rng->count[0] >> 1 | rng->count[1] << 31;
    counter[1] = rng->count[1] >> 1;
    rnn_threefry(rng->key, counter, out);
    if (++rng->count[0] == 0)
        rng->count[1]++;
    return out[word];
}

RNNDEF rnn_real rnn_uniform(rnn_rng *rng)
{
    return rnn_i_mul((rnn_real)(rnn_rng_next(rng) >> 8),
                     (rnn_real)(1.0 / 16777216.0));
}

/* a[0] + x (a[1] + x (...)) */
RNN_I_FN rnn_real rnn_i_poly(const rnn_real *a, int n, rnn_real x)
{
    rnn_real r = a[n - 1];
    int i;
    for (i = n - 2; i >= 0; i--)
        r = rnn_i_add(rnn_i_mul(r, x), a[i]);
    return r;
}

/* The quantile function of the normal distribution at a uniform number, by
 * the rational approximations PPND7 of Wichura (AS 241, 1988): within 1e-7. */
RNNDEF rnn_real rnn_normal(rnn_rng *rng)
{
    static const rnn_real a[4] = {(rnn_real)3.3871327179e+00,
                                  (rnn_real)5.0434271938e+01,
                                  (rnn_real)1.5929113202e+02,
                                  (rnn_real)5.9109374720e+01};
    static const rnn_real b[4] = {1, (rnn_real)1.7895169469e+01,
                                  (rnn_real)7.8757757664e+01,
                                  (rnn_real)6.7187563600e+01};
    static const rnn_real c[4] = {(rnn_real)1.4234372777e+00,
                                  (rnn_real)2.7568153900e+00,
                                  (rnn_real)1.3067284816e+00,
                                  (rnn_real)1.7023821103e-01};
    static const rnn_real d[3] = {1, (rnn_real)7.3700164250e-01,
                                  (rnn_real)1.2021132975e-01};
    const uint32_t u = rnn_rng_next(rng);
    const uint32_t tail = u >> 31 ? ~u : u; /* distance from the nearer end */
    rnn_real q, r, x;

    /* q = p - 1/2, p = (u + 1/2) / 2^32, from integers that are exact */
    q = rnn_i_mul((rnn_real)((0x80000000u - tail) >> 8),
                  (rnn_real)(1.0 / 16777216.0));
    if (q <= (rnn_real)0.425) {
        r = rnn_i_sub((rnn_real)0.180625, rnn_i_mul(q, q));
        x = rnn_i_div(rnn_i_mul(q, rnn_i_poly(a, 4, r)), rnn_i_poly(b, 4, r));
    } else {
        r = rnn_i_mul(rnn_i_add((rnn_real)tail, (rnn_real)0.5),
                      (rnn_real)(1.0 / 4294967296.0));
        RNN_I_DO(rnn_i_select(RNN_KERNEL_AUTO), map, RNN_FN_LOG, 1, &r, &r);
        r = rnn_i_sub(rnn_i_sqrt(-r), (rnn_real)1.6); /* p of 32 bits: r <= 5 */
        x = rnn_i_div(rnn_i_poly(c, 4, r), rnn_i_poly(d, 3, r));
    }
    return u >> 31 ? x : -x;
}

/* ============================================================================
 * [LINEAR]  y = f(x W + b), or rows of a table
 *
 *     forward     z = x W + b    y = f(z)              W [I][O], b [O]
 *     backward    dz = dy f'(z)    dx = dz W^T    dW = x^T dz    db = sum dz
 *
 * Of a one-hot x, x W is row id of W and x^T dz adds to it, so a table is this
 * block without b and with f the identity.
 *
 * A block alone: it keeps nothing, has no copies of W, and what its three calls
 * share is the caller's. Backward turns dy into dz, which grads then reads,
 * so grads comes behind it. The gradients' sums are in the order of a layer's,
 * t descending, b ascending.
 * ========================================================================= */

/* W, and b unless no_bias. Functions of vectors that no layer has (exp, log,
 * sqrt) are refused here, so no call behind it has to know them. */
RNN_I_FN rnn_status rnn_i_linear_params(const rnn_linear *lin, size_t *params,
                                        rnn_why *why)
{
    rnn_status st = lin ? rnn_i_in(why, RNN_E_ARG, "activation",
                                   (int)lin->activation, 0, RNN_FN_SIGMOID)
                        : RNN_I_NO_NULL(why, "lin");

    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "input_size", lin->input_size, 1,
                      INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "output_size", lin->output_size, 1,
                      INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "no_bias", lin->no_bias, 0, 1);
    if (st)
        return st;
    *params =
        rnn_i_times(rnn_i_plus((size_t)lin->input_size, lin->no_bias ? 0u : 1u),
                    (size_t)lin->output_size);
    return rnn_i_fits(*params)
               ? RNN_OK
               : RNN_I_NO(why, RNN_E_SIZE, "lin",
                          "@ of # x # is too large for this machine",
                          lin->input_size, lin->output_size);
}

RNNDEF rnn_status rnn_linear_size(const rnn_linear *lin, size_t *params,
                                  rnn_why *why)
{
    size_t n;
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_there(why, "params", params);
    if (!st)
        st = rnn_i_linear_params(lin, &n, why);
    if (!st)
        *params = n;
    return st;
}

/* That an array of the rows of a sequence can be. */
RNN_I_FN rnn_status rnn_i_check_rows(const rnn_seq *seq, int width,
                                     rnn_why *why)
{
    return !seq || seq->steps < 1 || seq->batch < 1 ||
                   rnn_i_rows_fit(seq, width)
               ? RNN_OK
               : RNN_I_NO(
                     why, RNN_E_SIZE, "seq",
                     "@ of # steps of # rows is too large for this machine",
                     seq->steps, seq->batch);
}

/* A call, for the parts that share it: its arrays are the pass's. */
typedef struct rnn_i_linear {
    const rnn_linear *lin;
    const rnn_linear_pass *pass;
    const rnn_seq *seq;
    size_t I, O, params;
} rnn_i_linear;

/* A block's description, its sequence (which may be strided), and that its
 * arrays can exist. */
RNN_I_FN rnn_status rnn_i_open_linear(const rnn_linear *lin,
                                      const rnn_linear_pass *pass,
                                      const rnn_run *run, rnn_i_linear *s,
                                      rnn_i_call *call)
{
    const rnn_seq *seq = pass ? pass->seq : NULL;
    rnn_status st = rnn_i_begin_run(run, call);

    if (!st)
        st = rnn_i_there(call->why, "pass", pass);
    if (!st)
        st = rnn_i_linear_params(lin, &s->params, call->why);
    if (!st && seq && !seq->ids)
        st = rnn_i_check_rows(seq, lin->input_size, call->why);
    if (!st)
        st = rnn_i_check_rows(seq, lin->output_size, call->why);
    if (!st)
        st = rnn_i_check_seq(seq, seq && seq->ids ? lin->input_size : 0,
                             (size_t)lin->input_size, call->why);
    if (st)
        return st;
    s->lin = lin;
    s->pass = pass;
    s->seq = seq;
    s->I = (size_t)lin->input_size;
    s->O = (size_t)lin->output_size;
    return RNN_OK;
}

/* z = b + x W, or b + W[id] of a one-hot x; then f over whole steps. Padding is
 * f(b), so that it is finite and the same in every batch: b is written there
 * before f, which the rows of a share go through together, padding and all. */
RNN_I_FN void rnn_i_linear_forward(const rnn_i_call *call, void *arg)
{
    const rnn_i_linear *s = (const rnn_i_linear *)arg;
    const int f = (int)s->lin->activation;
    const size_t I = s->I, O = s->O;
    const rnn_real *w = s->pass->params,
                   *bias = s->lin->no_bias ? NULL : w + I * O;
    rnn_real *to = s->pass->y;
    const rnn_i_columns y = rnn_i_result(to, O, bias);
    rnn_i_part part;
    size_t first, end;
    int t;

    if (s->seq->ids) {
        rnn_i_gather(call, s->seq, w, O, &y);
    } else {
        const rnn_i_matrix W = rnn_i_matrix_at(w, I, O);
        rnn_i_set_x(&part, s->seq, s->seq->x, I, NULL);
        rnn_i_rows_forward(call, s->seq, &part, &W, 0, &y);
    }
    rnn_i_pad(call, s->seq, bias, to, O);
    rnn_i_share(call, (size_t)s->seq->batch, &first, &end);
    for (t = 0; t < s->seq->steps && f != RNN_FN_IDENTITY; t++) {
        rnn_real *at = to + rnn_i_at(s->seq, t, first, O);
        RNN_I_DO(call->k, map, f, (end - first) * O, at, at);
    }
}

/* dz = dy f'(z), where the derivative follows from y alone; then dx = dz W^T.
 * dz stands where dy did. On padding too dy is overwritten, but no product and
 * no gradient reads it, so it need not be set. Each part reads the dz of its
 * own rows alone; the sums over all rows are another task, rnn_i_linear_grads.
 */
RNN_I_FN void rnn_i_linear_backward(const rnn_i_call *call, void *arg)
{
    const rnn_i_linear *s = (const rnn_i_linear *)arg;
    const size_t I = s->I, O = s->O;
    rnn_real *dz = s->pass->dy;
    rnn_i_part part;
    size_t first, end;
    int t;

    rnn_i_share(call, (size_t)s->seq->batch, &first, &end);
    for (t = 0; t < s->seq->steps; t++) {
        const size_t at = rnn_i_at(s->seq, t, first, O);
        RNN_I_DO(call->k, map_backward, (int)s->lin->activation,
                 (end - first) * O, s->pass->y + at, dz + at);
    }
    if (s->pass->dx) {
        const rnn_i_matrix w = rnn_i_matrix_at(s->pass->params, I, O);
        const rnn_i_columns dy = rnn_i_gradient(dz, O, 0, O);
        rnn_i_set_x(&part, s->seq, NULL, I, s->pass->dx);
        rnn_i_rows_back(call, s->seq, &dy, &w, 0, &part, RNN_I_FROM_ZERO);
        rnn_i_pad_part(call, s->seq, &part);
    }
}

/* dW += x^T dz, or rows of it for a one-hot x; db += the sum of dz. On a share
 * of the O columns, over all rows: grads [I][O], then [O]. */
RNN_I_FN void rnn_i_linear_grads(const rnn_i_call *call, void *arg)
{
    const rnn_i_linear *s = (const rnn_i_linear *)arg;
    const size_t I = s->I, O = s->O;
    rnn_real *grads = s->pass->grads;
    rnn_i_columns dz;
    rnn_i_part part;
    size_t first, end;

    rnn_i_share(call, O, &first, &end);
    dz = rnn_i_gradient(s->pass->dy, O, first, end);
    if (s->seq->ids) {
        rnn_i_scatter(call, s->seq, &dz, grads, O, 1);
    } else {
        rnn_i_set_x(&part, s->seq, s->seq->x, I, NULL);
        rnn_i_rows_grads(call, s->seq, &part, &dz, grads, O, 1);
    }
    if (!s->lin->no_bias)
        rnn_i_sum_bias(call, s->seq, &dz, grads + I * O, 1, 0, 1);
}

/* The three calls look at what they read and write themselves, and at nothing
 * else: a pass may leave NULL what it does not use. */
RNNDEF rnn_status rnn_linear_forward(const rnn_linear *lin,
                                     const rnn_linear_pass *pass,
                                     const rnn_run *run)
{
    rnn_i_call call;
    rnn_i_linear s;
    rnn_status st = rnn_i_open_linear(lin, pass, run, &s, &call);

    if (!st)
        st = rnn_i_check_read(call.why, "params", pass->params,
                              pass->params_len, s.params);
    if (!st)
        st = rnn_i_check_array(call.why, "y", pass->y, pass->y_len,
                               rnn_i_of_rows(s.seq, s.O));
    if (st)
        return st;
    rnn_i_each(&call, rnn_i_linear_forward, &s);
    return RNN_OK;
}

RNNDEF rnn_status rnn_linear_backward(const rnn_linear *lin,
                                      const rnn_linear_pass *pass,
                                      const rnn_run *run)
{
    rnn_i_call call;
    rnn_i_linear s;
    rnn_status st = rnn_i_open_linear(lin, pass, run, &s, &call);

    if (!st)
        st = rnn_i_check_read(call.why, "params", pass->params,
                              pass->params_len, s.params);
    if (!st)
        st = rnn_i_check_read_rows(call.why, "y", pass->y, pass->y_len, s.seq,
                                   s.O);
    if (!st)
        st = rnn_i_check_read_rows(call.why, "dy", pass->dy, pass->y_len, s.seq,
                                   s.O);
    if (!st && pass->dx)
        st = rnn_i_check_dx(s.seq, !s.seq->ids, call.why);
    if (!st && pass->dx)
        st = rnn_i_check_array(call.why, "dx", pass->dx, pass->dx_len,
                               rnn_i_times(rnn_i_extent(s.seq), s.I));
    if (st)
        return st;
    rnn_i_each(&call, rnn_i_linear_backward, &s);
    return RNN_OK;
}

RNNDEF rnn_status rnn_linear_grads(const rnn_linear *lin,
                                   const rnn_linear_pass *pass,
                                   const rnn_run *run)
{
    rnn_i_call call;
    rnn_i_linear s;
    rnn_status st = rnn_i_open_linear(lin, pass, run, &s, &call);

    if (!st)
        st = rnn_i_check_read_rows(call.why, "dy", pass->dy, pass->y_len, s.seq,
                                   s.O);
    if (!st)
        st = rnn_i_check_read(call.why, "grads", pass->grads, pass->params_len,
                              s.params);
    if (st)
        return st;
    rnn_i_each(&call, rnn_i_linear_grads, &s);
    return RNN_OK;
}

/* ============================================================================
 * [STACK]  layers over time
 *
 * A layer in one direction, x (T, B, in), h and c (T, B, H), z (T, B, K*H):
 *
 *     forward     z_t = b_ih + b_hh + x_t W_ih + h_{t-1} W_hh
 *                 h_t, c_t = cell(z_t, h_{t-1}, c_{t-1})         t ascending
 *
 *     backward    dh_t = dy_t + what step t + 1 left             t descending
 *                 dz_t, dc_{t-1}, e = cell'(dh_t, dc_t)          e: [CELLS]
 *                 dh_{t-1} = dz_t W_hh^T + e
 *                 dx_t = dz_t W_ih^T                             the dy below
 *
 *     gradients   dW_ih = sum_t x_t^T dz_t    dW_hh = sum_t h_{t-1}^T dz_t
 *                 db_ih = db_hh = sum_t dz_t
 *
 * x W_ih and dz W_ih^T are products over all steps at once (or some: [ROWS]
 * takes any range), and so are the gradients; W_hh alone goes step by step. A
 * cell may multiply other things by parts of W_hh: its products say.
 *
 * z holds pre-activations, then what the cell keeps, then dz, in place. States
 * stand in T + 1 slots, so that h_{t-1} and h_t of every step are at hand:
 *
 *     slot        0     1     2     3     4               T = 4
 *     forward     h_0   h_1   h_2   h_3   h_4    h_{t-1} in slot t - 1
 *     reverse     h_1   h_2   h_3   h_4   h_0    what step t reads in slot t
 *
 * (steps counted from 1). h_0 of a row of length n stands where the row begins:
 * in slot 0, in reverse in slot n; its final state in slot n, in reverse in 0.
 * ========================================================================= */

/* What the blocks of z are made of, piece by piece: n blocks, from gate u of
 * the weights and biases on, to block z and on. Forward, backward and gradients
 * are loops over these pieces; what a cell does is not known here besides.
 *
 * Several pieces may go into a block of z, but one of them alone starts it
 * (BBX, BX, B), since that overwrites; none does if the cell writes it first. A
 * column of W_ih, of W_hh and of each bias is in one piece, so that its
 * gradient is made once. GRU's third gate shows why u and z differ: x W_in +
 * b_in goes to block 3, h W_hn + b_hn to block 2, since r multiplies the latter
 * alone; in the weights both are gate 2:
 *
 *     GRU      gate    0 r    1 z    2 n               of W_ih, W_hh, biases
 *              block   0 r    1 z    2 q     3 n       of z
 *              BBX     x, b   x, b                     two blocks from gate 0
 *              BX                            x, b_ih   one from gate 2
 *              B                     b_hh              one from gate 2
 *              H       h      h      h                 three from gate 0
 *
 * In the words of RNN_I_CELLS: */
#define RNN_I_BBX(n, u, z) {RNN_I_FROM_X, 1, n, u, z} /* b_ih + b_hh + x W_ih */
#define RNN_I_BX(n, u, z) {RNN_I_FROM_X, 0, n, u, z}  /* b_ih + x W_ih        */
#define RNN_I_B(n, u, z) {RNN_I_FROM_B, 0, n, u, z}   /* b_hh                 */
#define RNN_I_H(n, u, z) {RNN_I_FROM_H, 0, n, u, z}   /* += h_{t-1} W_hh      */
#define RNN_I_Q(n, u, z) {RNN_I_FROM_Q, 0, n, u, z}   /* += q W_hh, stage 1   */
/* what the cell adds itself, so that the gradients of p are known here: */
#define RNN_I_PC(n, u, z) {RNN_I_FROM_P, 0, n, u, z}  /* += p_u c_{t-1}       */
#define RNN_I_PCT(n, u, z) {RNN_I_FROM_P, 1, n, u, z} /* += p_u c_t           */
/* 0 is what a row does not fill: behind its last piece. */
enum {
    RNN_I_NO_PIECE,
    RNN_I_FROM_X,
    RNN_I_FROM_B,
    RNN_I_FROM_H,
    RNN_I_FROM_Q,
    RNN_I_FROM_P
};
/* A row that carries nothing has one piece H at most, and any row one piece Q:
 * in backward their products start at 0, and a second would undo the first. */
typedef struct rnn_i_piece {
    unsigned char from, more; /* more: of x, both biases; of p, c_t          */
    unsigned char n, u, z;
} rnn_i_piece;
#define RNN_I_PIECES 4 /* at most: raise it for a row with more, since those
                          that are absent are zero                            */

typedef struct rnn_i_cell { /* a row of RNN_I_CELLS */
    unsigned char G, K, c, q, carries, f, P;
    const char *more;
    rnn_i_piece piece[RNN_I_PIECES];
} rnn_i_cell;
/* Whether it has a piece k; the bound lets a compiler unroll the loop. */
#define RNN_I_HAS_PIECE(row, k)                                                \
    ((k) < RNN_I_PIECES && (row)->piece[k].from != RNN_I_NO_PIECE)

#define RNN_I_ROW(a, name, text, G, K, c, q, carries, f, P, more, ...)         \
    {G, K, c, q, carries, f, P, more, {__VA_ARGS__}},
static const rnn_i_cell rnn_i_cells[] = {RNN_I_CELLS(RNN_I_ROW, 0)};
#undef RNN_I_ROW

/* Products and the cell's functions take turns so many times. */
RNN_I_INLINE int rnn_i_stages(const rnn_i_cell *row)
{
    return row->q ? 2 : 1;
}

/* Which arrays a stack (rnn_i_lay) has, its `train`. That is not whether the
 * call trains: an encoder always has those of RNN_I_TRAIN, since a decoder may
 * start from the final state of any layer, and a decoder those of
 * RNN_I_STEPWISE, since with attention all layers do step t before one does
 * step t + 1, so that none may use another's z, h or c. */
enum {
    RNN_I_INFER,   /* the last two layers                             */
    RNN_I_TRAIN,   /* all layers, and a backward pass layer by layer  */
    RNN_I_STEPWISE /* and a backward pass of all layers step by step  */
};

/* What follows from a description that is checked, whatever the steps and rows.
 * input_size 0 is a decoder that reads nothing.
 *
 * Here sizes saturate, and n, the count of all parameters (with biases,
 * even where there are none), is looked at once. Behind that, products of sizes
 * are plain, in rnn_i_layer_at and rnn_i_weigh too: they are parts of n. */
RNN_I_FN rnn_status rnn_i_lay_out(const rnn_i_stack *s, rnn_i_lay *y,
                                  rnn_why *why)
{
    size_t n, gh, in;

    y->cell = s->cell;
    y->bias = !s->no_bias;
    y->packed = y->strips = y->half = y->train = y->drop = 0;
    y->first_mask = 0;
    y->ins = 0;
    y->wt = y->ws = NULL;
    y->row = &rnn_i_cells[s->cell];
    y->I = (size_t)s->input_size;
    y->H = (size_t)s->hidden_size;
    y->L = s->num_layers ? (size_t)s->num_layers : 1u;
    y->D = s->bidirectional ? 2u : 1u;
    y->G = y->row->G;
    y->K = y->row->K;
    y->C = y->row->c;
    y->P = y->row->P;
    gh = rnn_i_times(y->G, y->H);
    in = rnn_i_times(y->D, y->H);
    n = rnn_i_plus(rnn_i_plus(y->I, y->H),
                   rnn_i_times(y->L - 1, rnn_i_plus(in, y->H)));
    n = rnn_i_times3(n, gh, y->D);
    n = rnn_i_plus(n, rnn_i_times3(rnn_i_times(gh, 2), y->L, y->D));
    n = rnn_i_plus(n, rnn_i_times3(rnn_i_times(y->P, y->H), y->L, y->D));
    if (gh > INT_MAX || in > INT_MAX || /* PyTorch's shapes are ints */
        !rnn_i_fits(n))
        return RNN_I_NO(why, RNN_E_SIZE, "hidden_size",
                        "a stack with a @ of # is too large for this machine",
                        y->H, 0);
    return RNN_OK;
}

/* How many numbers the copy of a matrix of so many rows takes: whole lines, or
 * whole strips of halves, which are lines, too. Of W_hh with H = 50 and four
 * gates, so 200 columns:
 *
 *     numbers   50 x 200 = 10,000: 625 lines
 *     halves    4 strips of 64 columns, 32 words a row: 4 x 32 x 50 = 6,400
 */
RNN_I_FN size_t rnn_i_copy_len(const rnn_i_lay *y, size_t in)
{
    const size_t gh = y->G * y->H;

    return y->half ? rnn_i_times3(rnn_i_strips(gh), RNN_I_PAIRS, in)
                   : rnn_i_lines(rnn_i_times(gh, in));
}

/* The sizes of a pass of T steps of B rows. z_size and s_size are of one layer
 * in one direction; drop: whether dropout is active, as it is in training. With
 * carry, dh and dc of layer and direction q begin at q * carry: a step leaves
 * them to the step before. Without, a layer is done before the next one begins,
 * and all use the same. */
RNN_I_FN void rnn_i_stack_fit(rnn_i_lay *y, const rnn_i_stack *s, size_t T,
                              size_t B, int train, int drop)
{
    y->train = train;
    y->drop = drop;
    y->T = T;
    y->B = B;
    y->state = rnn_i_times(B, y->H);
    y->masks = !drop ? 0
                     : (s->dropout > 0 ? y->L - 1 : 0u) +
                           (s->dropout_last > 0 ? 1u : 0u);
    y->carry = train == RNN_I_STEPWISE ? y->state : 0;
    y->z_size = rnn_i_times3(T, y->state, y->K);
    y->s_size = rnn_i_times(rnn_i_plus(T, 1), y->state);
}

/* z, h, c and the masked outputs live from forward to backward; dh, dc and dy
 * for one backward pass. Forward and backward run on shares of the rows, and a
 * part touches its own rows of every array alone; gradients are a task behind
 * them, on shares of the columns of the weights. On padding z and slots hold
 * what was there before, and nothing reads them.
 *
 * Its arrays: what backward reads from `keep`, what it writes from `scratch`,
 * unless that is NULL. With q = l * D + d the number of layer l, direction d:
 *
 *     keep      z of q = 0, 1, ...   (T, B, K*H) each
 *               h of q = 0, 1, ...   (T + 1, B, H): slots
 *               c of q = 0, 1, ...   the same, of a cell that has c
 *               masked outputs       (T, B, D*H), of layers with dropout
 *     scratch   dh, dc or dq         (B, H), of all q in RNN_I_STEPWISE
 *               dy                   (T, B, D*H)
 *
 * For RNN_I_INFER z and c are one array for all layers and directions, each
 * overwriting the last one's. h is that of two layers, l and l - 1, in turns,
 * since a layer reads the h of the one below (of one layer, where L is 1).
 *
 * dy is one array for all layers: dx of layer l, the dy of layer l - 1, goes
 * over dy of layer l, which is read by then.
 *
 * The first of keep and of scratch begin at a cache line, wherever the caller's
 * memory does, and with whole lines of units all others do behind it: vectors
 * of products and cells are then never split. build/bench --shift 4. */
RNN_I_COLD void rnn_i_stack_arrays(rnn_i_lay *y, rnn_i_arena *keep,
                                   rnn_i_arena *scratch)
{
    const size_t q = rnn_i_times(y->L, y->D);
    const size_t kept = y->train ? q : 1; /* layers and directions */
    const size_t states = y->train ? q : rnn_i_times(y->D, y->L > 1 ? 2u : 1u);
    const size_t lanes = rnn_i_times3(y->T, y->state, y->D);
    const size_t carries = y->carry ? rnn_i_times(q, y->state) : y->state;

    y->z = rnn_i_take_lines(keep, rnn_i_times(kept, y->z_size));
    y->h = rnn_i_take(keep, rnn_i_times(states, y->s_size));
    y->c = rnn_i_take(keep, rnn_i_times3(kept, y->s_size, y->C));
    y->masked = rnn_i_take(keep, rnn_i_times(y->masks, lanes));
    if (!scratch)
        return;
    y->dh = rnn_i_take_lines(scratch, carries);
    y->dc = rnn_i_take(scratch, y->row->c || y->row->q ? carries : 0);
    y->dy = rnn_i_take(scratch, lanes);
}

/* Copies of its weights, and in training of their transposes. Places alone:
 * rnn_i_pack writes them, and packed and strips say whether a pass reads them.
 */
RNN_I_FN void rnn_i_stack_copies(rnn_i_lay *y, int train, int half,
                                 rnn_i_arena *a)
{
    size_t n;

    y->half = half;
    y->ih0 = rnn_i_copy_len(y, y->I);
    y->ih = rnn_i_copy_len(y, y->D * y->H);
    y->hh = rnn_i_copy_len(y, y->H);
    n = rnn_i_times(y->L - 1, rnn_i_plus(y->ih, y->hh));
    n = rnn_i_plus(n, rnn_i_plus(y->ih0, y->hh));
    n = rnn_i_times(n, y->D);
    y->ws = rnn_i_take_lines(a, n);
    y->wt = rnn_i_take_lines(a, train ? n : 0);
}

/* One layer in one direction: its parameters and its arrays. A local variable,
 * made anew wherever it is needed of a rnn_i_lay that is only read, so that
 * parts share nothing that is written. rnn_i_layer_at sets the offsets,
 * rnn_i_layer_of these and the arrays; rnn_i_weigh, behind either, the matrices
 * and biases. Offsets count from the stack's first parameter.
 *
 * Step t of row b reads h_{t-1} at h_prev + t * state + b * H and writes h_t at
 * h_now + the same, in both directions: all that differs is which of the two
 * begins a slot behind the other. */
typedef struct rnn_i_layer {
    const rnn_i_lay *y;
    size_t d, q;                        /* direction; number: l * D + d      */
    size_t in;                          /* width of its input                */
    size_t w_ih, w_hh, b_ih, b_hh, p, end; /* offsets in params              */
    rnn_i_matrix W_ih, W_hh;            /* what is there, by rnn_i_weigh,    */
    const rnn_real *bias_ih, *bias_hh;  /* or NULL                           */
    const rnn_real *vectors;            /* (P, H)                            */
    rnn_real *z;                        /* (T, B, K*H)                       */
    rnn_real *h, *c;                    /* (T + 1, B, H): slots              */
    rnn_real *h_prev, *c_prev;          /* h_{t-1} of step 0, and on         */
    rnn_real *h_now, *c_now;            /* h_t of step 0, and on             */
} rnn_i_layer;

/* Where a layer's parameters begin: W_ih, W_hh, b_ih, b_hh and the cell's own
 * vectors of one direction, then of the other, then the next layer. In layer 0
 * the input is I wide, above D*H. W_ih is [in][G*H], W_hh [H][G*H]; the rows of
 * W_ih belong to the parts of the input, in their order. rnn_model_tensor says
 * the same by names. */
RNN_I_FN void rnn_i_layer_at(const rnn_i_lay *y, size_t l, size_t d,
                             rnn_i_layer *a)
{
    const size_t gh = y->G * y->H, q = l * y->D + d;
    const size_t in = y->D * y->H, b = (y->bias ? 2 * gh : 0) + y->P * y->H;
    /* weights before this one: all of layer 0, then the layers between */
    const size_t w0 = gh * (y->I + y->H), w1 = gh * (in + y->H);
    const size_t w = l ? y->D * w0 + (q - y->D) * w1 : d * w0;

    a->y = y;
    a->d = d;
    a->q = q;
    a->in = l ? in : y->I;
    a->w_ih = w + q * b;
    a->w_hh = a->w_ih + gh * a->in;
    a->b_ih = a->w_hh + gh * y->H;
    a->b_hh = a->b_ih + (y->bias ? gh : 0);
    a->p = a->b_hh + (y->bias ? gh : 0);
    a->end = a->p + y->P * y->H;
}

/* The same with its arrays, of a stack that has them. */
RNN_I_FN void rnn_i_layer_of(const rnn_i_lay *y, size_t l, size_t d,
                             rnn_i_layer *a)
{
    const size_t q = l * y->D + d, prev = d ? y->state : 0;
    const size_t now = d ? 0 : y->state;

    rnn_i_layer_at(y, l, d, a);
    a->z = y->z + (y->train ? q * y->z_size : 0);
    a->h = y->h + (y->train ? q : (l & 1) * y->D + d) * y->s_size;
    a->h_prev = a->h + prev;
    a->h_now = a->h + now;
    a->c = a->c_prev = a->c_now = NULL;
    if (y->C) {
        a->c = y->c + (y->train ? q * y->s_size : 0);
        a->c_prev = a->c + prev;
        a->c_now = a->c + now;
    }
}

/* Its weights, with their copies if there are any, and its biases; params is
 * the stack's first. The copies of a matrix and of its transpose are equally
 * long, so `at` is the place of both. Each fills whole cache lines, so that all
 * strips begin at one. Without biases their pointers are NULL, and sums start
 * at 0. Of two layers in two directions (f, r), ws and wt are
 *
 *     layer 0                          layer 1
 *     W_ih f  W_hh f  W_ih r  W_hh r   W_ih f  W_hh f  W_ih r  W_hh r
 *     |<---- w0 ---->|<---- w0 ---->|  |<- ih ->|<- hh ->| ...
 *
 * where ih of layer 0 is ih0, since its input is I wide and not D*H. */
RNN_I_FN void rnn_i_weigh(rnn_i_layer *a, const rnn_real *params)
{
    const rnn_i_lay *y = a->y;
    const size_t gh = y->G * y->H;

    a->W_ih = rnn_i_matrix_at(params + a->w_ih, a->in, gh);
    a->W_hh = rnn_i_matrix_at(params + a->w_hh, y->H, gh);
    a->bias_ih = y->bias ? params + a->b_ih : NULL;
    a->bias_hh = y->bias ? params + a->b_hh : NULL;
    a->vectors = params + a->p;
    if (y->packed || y->strips) { /* W_ih's copies, and behind them W_hh's */
        const size_t w0 = y->ih0 + y->hh, q = a->q;
        const size_t ih = q < y->D ? y->ih0 : y->ih;
        const size_t at =
            q < y->D ? q * w0 : y->D * w0 + (q - y->D) * (ih + y->hh);
        if (y->packed) {
            a->W_ih.wt = y->wt + at;
            a->W_hh.wt = a->W_ih.wt + ih;
        }
        if (y->strips) {
            a->W_ih.ws = y->ws + at;
            a->W_hh.ws = a->W_ih.ws + ih;
            a->W_ih.half = a->W_hh.half = y->half;
        }
    }
}

/* The states of layer l as parts, a direction each; returns how many. Products
 * read them one behind the other, so that [forward; reverse] need not be an
 * array. */
RNN_I_FN int rnn_i_states(const rnn_i_lay *y, size_t l, rnn_i_part *part)
{
    rnn_i_layer a;
    size_t d;

    for (d = 0; d < y->D; d++) {
        rnn_i_layer_of(y, l, d, &a);
        rnn_i_set_part(part + d, a.h_now, y->H, NULL);
    }
    return (int)y->D;
}

/* The copy (T, B, D*H) of layer l's output that dropout has masked, or NULL. A
 * copy, since the layer's own states go on without a mask. With dropout_last
 * alone there is one, and it is the first. */
RNN_I_FN rnn_real *rnn_i_masked(const rnn_i_lay *y, const rnn_i_stack *s,
                                size_t l)
{
    const rnn_real p = l + 1 < y->L ? s->dropout : s->dropout_last;

    return y->drop && p > 0
               ? y->masked + (s->dropout > 0 ? l : 0) * y->T * y->state * y->D
               : NULL;
}

/* The output of layer l as parts, as what is above reads it: masked, where
 * there is dropout; returns how many. In gradients too, since dW is made of
 * what was read. */
RNN_I_FN int rnn_i_output(const rnn_i_lay *y, const rnn_i_stack *s, size_t l,
                          rnn_i_part *part)
{
    const rnn_real *masked = rnn_i_masked(y, s, l);

    if (!masked)
        return rnn_i_states(y, l, part);
    rnn_i_set_part(part, masked, y->D * y->H, NULL);
    return 1;
}

/* What layer l reads, as parts: the stack's own input, or the output of the
 * layer below; returns how many. */
RNN_I_FN int rnn_i_input(const rnn_i_lay *y, const rnn_i_stack *s, size_t l,
                         rnn_i_part *part)
{
    int i;

    if (l)
        return rnn_i_output(y, s, l - 1, part);
    for (i = 0; i < y->ins; i++)
        part[i] = y->in[i];
    return y->ins;
}

/* Where a piece of z starts, at biases; 0 if it is one that adds. In *z the
 * columns of z (T, B, K*H) from block e->z on, which belong to the columns of
 * the weight from gate e->u on. Needs rnn_i_weigh. */
RNN_I_INLINE int rnn_i_starts(const rnn_i_layer *a, const rnn_i_piece *e,
                              rnn_i_columns *z)
{
    const size_t H = a->y->H, u = e->u * H;

    if (e->from != RNN_I_FROM_X && e->from != RNN_I_FROM_B)
        return 0;
    *z = rnn_i_result(a->z + e->z * H, a->y->K * H, NULL);
    z->n = e->n * H;
    z->at = u;
    if (a->y->bias) {
        z->b1 = (e->from == RNN_I_FROM_B ? a->bias_hh : a->bias_ih) + u;
        z->b2 = e->more ? a->bias_hh + u : NULL;
    }
    return 1;
}

/* z = the biases + x W_ih, of all steps of a call. Parts before `done` are in z
 * already, and with them the biases.
 *
 * A number of z is one chain: b_ih + b_hh, then the parts in their order, k up,
 * then in rnn_i_step_forward h W_hh. Between the products it waits in z, which
 * changes no bit. The product of the first part starts at the biases; but if
 * not every step reads that part (`bare`), they are written first, for all
 * steps, and all parts add. A part without x is gathered, which overwrites, so
 * it is part 0. */
RNN_I_FN void rnn_i_input_product(const rnn_i_call *call, const rnn_i_layer *a,
                                  const rnn_seq *seq, const rnn_i_part *part,
                                  int parts, int done)
{
    const int bare = parts == 0 || part[0].when != RNN_I_ALWAYS;
    const rnn_i_matrix *w = &a->W_ih;
    rnn_i_columns z;
    size_t row;
    int i, k;

    for (k = 0; RNN_I_HAS_PIECE(a->y->row, k); k++) {
        const rnn_i_piece *e = &a->y->row->piece[k];
        if (!rnn_i_starts(a, e, &z))
            continue;
        if ((bare || e->from == RNN_I_FROM_B) && !done)
            rnn_i_gather(call, seq, NULL, 0, &z);
        if (e->from == RNN_I_FROM_B)
            continue;
        for (i = 0, row = 0; i < parts; row += part[i].width, i++) {
            if (i < done)
                continue;
            if (i || bare)
                z.start = RNN_I_FROM_C;
            if (part[i].x)
                rnn_i_rows_forward(call, seq, &part[i], w, row, &z);
            else
                rnn_i_gather(call, seq, w->w + row * w->cols, w->cols, &z);
        }
    }
}

/* The recurrent product of one piece, if it is one of this stage. */
RNN_I_INLINE void rnn_i_stage_product(const rnn_i_call *call,
                                      const rnn_i_layer *a, int stage,
                                      const rnn_i_cell_step *s,
                                      rnn_i_product *p, const rnn_i_piece *e,
                                      int folded)
{
    const rnn_i_cell *row = a->y->row;
    const size_t H = a->y->H;

    if (e->from != (stage ? RNN_I_FROM_Q : RNN_I_FROM_H))
        return;
    p->a = stage ? s->z + row->q * H : s->h_prev;
    p->a_i = (ptrdiff_t)(stage ? a->y->K * H : H);
    rnn_i_by(p, &a->W_hh, 0, e->u * H);
    p->c = s->z + e->z * H;
    p->n = e->n * H;
    rnn_i_multiply_step(call, p, folded);
}

/* One step of some rows: the recurrent products and the cell. p is a blank
 * product, the same for all steps, since all that differs is set here.
 *
 *     stage 0    z += h_{t-1} W_hh, of the pieces H; the cell
 *     stage 1    z += q W_hh, of the pieces Q; the cell        cells with q
 *
 * Products of a stage are all done before its cell, which overwrites h where h
 * is h_prev (rnn_i_stack_step). */
RNN_I_INLINE void rnn_i_stage_products(const rnn_i_call *call,
                                       const rnn_i_layer *a, int stage,
                                       const rnn_i_cell_step *s,
                                       rnn_i_product *p, int folded)
{
    const rnn_i_cell *row = a->y->row;
    int i;

    p->m = s->rows;
    p->k = a->y->H;
    p->c_i = (ptrdiff_t)(a->y->K * a->y->H);
    p->start = RNN_I_FROM_C;
    if (folded)
        RNN_I_UNROLL for (i = 0; i < RNN_I_PIECES; i++)
            rnn_i_stage_product(call, a, stage, s, p, &row->piece[i], folded);
    for (i = 0; !folded && RNN_I_HAS_PIECE(row, i); i++)
        rnn_i_stage_product(call, a, stage, s, p, &row->piece[i], 0);
}

/* All stages; the products of stage 0 may be done already. */
RNN_I_INLINE void rnn_i_step_forward(const rnn_i_call *call,
                                     const rnn_i_layer *a, int done,
                                     const rnn_i_cell_step *s, rnn_i_product *p,
                                     int folded)
{
    int stage;

    for (stage = 0; stage < rnn_i_stages(a->y->row); stage++) {
        if (stage || !done)
            rnn_i_stage_products(call, a, stage, s, p, folded);
        RNN_I_DO(call->k, cell_forward, a->y->cell, stage, s);
    }
}

/* What dz of a piece brings to dh or dq, if it is one of this stage. */
RNN_I_INLINE void rnn_i_stage_back(const rnn_i_call *call, const rnn_i_layer *a,
                                   int stage, const rnn_i_cell_step *s,
                                   const rnn_i_piece *e, int folded)
{
    const size_t H = a->y->H;
    rnn_i_product p;

    if (e->from != (stage ? RNN_I_FROM_Q : RNN_I_FROM_H))
        return;
    rnn_i_blank(call, &p);
    p.m = s->rows;
    p.n = H;
    p.k = e->n * H;
    p.a = s->z + e->z * H;
    p.a_i = (ptrdiff_t)(a->y->K * H);
    rnn_i_by_transpose(&p, &a->W_hh, e->u * H, 0);
    p.c = stage ? s->dq : s->dh;
    p.c_i = (ptrdiff_t)H;
    p.start = stage || !a->y->row->carries ? RNN_I_FROM_ZERO : RNN_I_FROM_C;
    rnn_i_multiply_step(call, &p, folded);
}

/* The same backward: dh becomes the gradient of h_{t-1}. With q: stage 1 of the
 * cell, the product that makes dq, stage 0, the product with W_hh. dh arrives
 * in stage 1; what stage 0 needs of it lies in dh, or in a block of z of its
 * own, which forward need not write. At the end blocks of pieces hold dz, and
 * block q still holds q, which dW_hh is made of. */
RNN_I_INLINE void rnn_i_step_backward(const rnn_i_call *call,
                                      const rnn_i_layer *a,
                                      const rnn_i_cell_step *s, int folded)
{
    const rnn_i_cell *row = a->y->row;
    int stage, i;

    for (stage = rnn_i_stages(row) - 1; stage >= 0; stage--) {
        RNN_I_DO(call->k, cell_backward, a->y->cell, stage, s);
        if (folded)
            RNN_I_UNROLL for (i = 0; i < RNN_I_PIECES; i++)
                rnn_i_stage_back(call, a, stage, s, &row->piece[i], folded);
        for (i = 0; !folded && RNN_I_HAS_PIECE(row, i); i++)
            rnn_i_stage_back(call, a, stage, s, &row->piece[i], 0);
    }
}

/* h_0 of rows [first, end), of one layer and direction, from the caller's
 * (B, H) into the slot where each row begins: zeros if there is none, or the
 * row is fresh. Slots keep it, so hn may be h0, and backward does not look at
 * the caller's again. */
RNN_I_FN void rnn_i_state_in(const rnn_i_lay *y, const rnn_seq *seq, size_t d,
                             const rnn_real *from, rnn_real *slots,
                             size_t first, size_t end)
{
    size_t b;
    for (b = first; b < end; b++) {
        const size_t t = d ? rnn_i_steps(seq, b) : 0;
        const int zero = !from || (seq->fresh && seq->fresh[b]);
        rnn_i_copy(slots + t * y->state + b * y->H,
                   zero ? NULL : from + b * y->H, y->H);
    }
}

/* The gradient of h_0 or c_0 of rows [first, end): none where that was not
 * read. from is dh or dc, where that of every row stands behind a pass. */
RNN_I_FN void rnn_i_dstate_out(const rnn_i_lay *y, const rnn_seq *seq,
                               const rnn_real *from, rnn_real *to, size_t first,
                               size_t end)
{
    size_t b;
    for (b = first; to && b < end; b++)
        rnn_i_copy(to + b * y->H,
                   seq->fresh && seq->fresh[b] ? NULL : from + b * y->H, y->H);
}

/* hn of rows [first, end): a row's last state stands in the slot behind its
 * last step, in reverse in slot 0. It is never masked: dropout masks copies of
 * states. */
RNN_I_FN void rnn_i_state_out(const rnn_i_lay *y, const rnn_seq *seq, size_t d,
                              const rnn_real *slots, rnn_real *to, size_t first,
                              size_t end)
{
    size_t b;
    if (to)
        for (b = first; b < end; b++) {
            const size_t t = d ? 0 : rnn_i_steps(seq, b);
            rnn_i_copy(to + b * y->H, slots + t * y->state + b * y->H, y->H);
        }
}

/* Dropout of rows of width n: y(t, b) *= mask / (1 - p). A unit is kept where
 * its word of Threefry(Threefry(seed, (layer, step)), (row, unit)) is at least
 * p 2^32: nothing is stored, and any split of batch or time gives the same
 * masks. So forward calls it on the output y and backward on dy. step and row
 * are absolute, by seq's first_step and first_row. Numbers of layers: l of the
 * top, l and (i + 1) << 16 of the encoder of source i (first_mask),
 * RNN_I_LAST_LAYER for N vs 1. */
RNN_I_FN void rnn_i_dropout(const rnn_i_call *call, const rnn_seq *seq,
                            uint32_t layer, rnn_real p, rnn_real *y, size_t n)
{
    const rnn_real keep = rnn_i_div(1, rnn_i_sub(1, p));
    const uint32_t limit = (uint32_t)rnn_i_mul(p, (rnn_real)4294967296.0);
    uint32_t at[2], key[2];
    size_t first, end, b;
    int t;

    rnn_i_share(call, (size_t)seq->batch, &first, &end);
    for (t = call->from; t < rnn_i_end(call, seq); t++) {
        at[0] = layer;
        at[1] = seq->first_step + (uint32_t)t;
        rnn_threefry(seq->seed, at, key);
        for (b = first; b < end; b++)
            if (rnn_i_steps(seq, b) > (size_t)t)
                RNN_I_DO(call->k, dropout, n, key, seq->first_row + (uint32_t)b,
                         limit, keep, y + rnn_i_at(seq, t, b, n));
    }
}

/* y (T, B, width) = the parts side by side, 0 on padding: where what was read
 * from several arrays has to be one, for dropout, a memory or the caller. */
RNN_I_FN void rnn_i_join(const rnn_i_call *call, const rnn_seq *seq,
                         const rnn_i_part *part, int parts, rnn_real *y,
                         size_t width)
{
    size_t first, end, b, at;
    int t, i;

    rnn_i_share(call, (size_t)seq->batch, &first, &end);
    for (t = call->from; t < rnn_i_end(call, seq); t++)
        for (b = first; b < end; b++)
            if (rnn_i_steps(seq, b) > (size_t)t)
                for (i = 0, at = rnn_i_at(seq, t, b, width); i < parts; i++) {
                    const rnn_i_part *p = part + i;
                    const rnn_real *x = p->x + rnn_i_part_at(p, seq, t, b);
                    if (RNN_I_VECTORS_OF(call->k)) /* a copy, by vectors */
                        RNN_I_DO(call->k, scale, p->width, 1, x, y + at);
                    else
                        rnn_i_copy(y + at, x, p->width);
                    at += p->width;
                }
    rnn_i_pad(call, seq, NULL, y, width);
}

/* Whether a pass reads the copies of the weights. For training, which makes
 * them in each forward pass, those in strips are not worth it with few rows;
 * the transposed ones, which backward reads, are. room: in training, whether
 * the plan has places for them; else whether rnn_pack has filled these. */
RNN_I_FN void rnn_i_have(rnn_i_lay *y, int train, int room)
{
    y->packed = train && room;
    y->strips = room && (!train || (y->B > 1 && y->T * y->B >= RNN_I_FEW));
}

/* A share of the copies; not of a W_ih whose rows are gathered as they are: the
 * one part of such an input has no dx, so backward does not miss it either. A
 * share is of rows of the copy, and any part's product reads all of them: so
 * packing is a task, and done before the pass begins. */
RNN_I_FN void rnn_i_pack(const rnn_i_call *call, const rnn_i_lay *y,
                         const rnn_real *params, int gathers)
{
    rnn_i_layer a;
    size_t l, d;
    int hh;

    for (l = 0; l < y->L; l++)
        for (d = 0; d < y->D; d++) {
            rnn_i_layer_of(y, l, d, &a);
            rnn_i_weigh(&a, params);
            for (hh = l || !gathers ? 0 : 1; hh < 2; hh++) {
                const rnn_i_matrix *w = hh ? &a.W_hh : &a.W_ih;
                if (w->wt)
                    rnn_i_transpose(call, w->w, w->in, w->cols,
                                    rnn_i_writable(w->wt));
                if (w->ws)
                    (w->half ? rnn_i_copy_halves : rnn_i_copy_strips)(
                        call, w->w, w->in, w->cols, rnn_i_writable(w->ws));
            }
        }
}

/* Of how many steps z is made at a time: 256 KB of it, so that it stays in the
 * second cache, and RNN_I_ROWS rows more; in numbers that 16 bits hold. Large
 * weights stay in a cache if nothing comes between the steps: z has to come
 * from memory then, but is little beside them. */
RNN_I_FN int rnn_i_steps_at_once(const rnn_i_layer *a)
{
    const size_t gh = a->y->G * a->y->H, kh = a->y->K * a->y->H;
    const size_t rows = (size_t)(RNN_I_CHUNK / 4 / kh) * 4 + RNN_I_ROWS;
    const size_t steps = rows / a->y->B + 1;

    return rnn_i_times(gh, a->in + a->y->H) >= RNN_I_HEAVY ? INT_MAX
           : steps < 16384                                 ? (int)steps
                                                           : 16384;
}

/* Some steps at a time: what the inputs bring to z, which then is at hand for
 * the steps. How many changes no bit, as z of a step is a chain of its own.
 *
 * The steps are those of the call, of a share of the rows. Initial states go
 * into slots at step 0, and final states come out behind the last step, so in
 * between slots carry them from one call to the next. In reverse, i counts from
 * the sequence's end, and the call must be for all steps: only a decoder goes
 * step by step, and that has one direction. */
RNN_I_FN void rnn_i_layer_forward(const rnn_i_call *call, const rnn_i_layer *a,
                                  const rnn_seq *seq, const rnn_i_part *part,
                                  int parts, int done)
{
    const rnn_i_lay *y = a->y;
    const size_t H = y->H, d = a->d, at = a->q * y->state;
    const int each = rnn_i_steps_at_once(a);
    const int to = rnn_i_end(call, seq);
    rnn_i_call some = *call;
    rnn_i_cell_step s;
    rnn_i_product p;
    size_t first, end, b;
    int i, t, next;

    rnn_i_blank(call, &p);
    rnn_i_share(call, y->B, &first, &end);
    if (call->from == 0) {
        rnn_i_state_in(y, seq, d, seq->h0 ? seq->h0 + at : NULL, a->h, first,
                       end);
        if (y->C)
            rnn_i_state_in(y, seq, d, seq->c0 ? seq->c0 + at : NULL, a->c,
                           first, end);
    }
    s.H = H;
    s.p = a->vectors;
    for (i = call->from; i < to; i = next) {
        next = to - i < each ? to : i + each;
        some.from = d ? seq->steps - next : i;
        some.to = d ? seq->steps - i : next;
        rnn_i_input_product(&some, a, seq, part, parts, done);
        for (; i < next; i++) {
            t = d ? seq->steps - 1 - i : i; /* reverse: always all steps */
            for (b = first;
                 b < end && (s.rows = rnn_i_run(seq, t, &b, end)) != 0;
                 b += s.rows) {
                const size_t row = (size_t)t * y->state + b * H;
                s.z = a->z + row * y->K;
                s.h_prev = a->h_prev + row;
                s.h = a->h_now + row;
                s.c_prev = y->C ? a->c_prev + row : NULL;
                s.c = y->C ? a->c_now + row : NULL;
                rnn_i_step_forward(call, a, 0, &s, &p, 0);
            }
        }
    }
    if (to < seq->steps)
        return;
    rnn_i_state_out(y, seq, d, a->h, seq->hn ? seq->hn + at : NULL, first, end);
    if (y->C)
        rnn_i_state_out(y, seq, d, a->c, seq->cn ? seq->cn + at : NULL, first,
                        end);
}

/* All layers, for the steps of a call. Of the layer below, step t of a layer
 * reads step t alone, so that a decoder may go one step at a time. Of the parts
 * of the input, `done` are in z already. seq is the stack's: its lengths, its
 * h0, c0, hn and cn. */
RNN_I_FN void rnn_i_stack_forward(const rnn_i_call *call, const rnn_i_lay *y,
                                  const rnn_i_stack *stack,
                                  const rnn_real *params, const rnn_seq *seq,
                                  int done)
{
    rnn_i_part part[RNN_I_PARTS];
    rnn_i_layer a;
    rnn_real *masked;
    size_t l, d;
    int parts;

    for (l = 0; l < y->L; l++) {
        for (d = 0; d < y->D; d++) {
            parts = rnn_i_input(y, stack, l, part);
            rnn_i_layer_of(y, l, d, &a);
            rnn_i_weigh(&a, params);
            rnn_i_layer_forward(call, &a, seq, part, parts, l ? 0 : done);
        }
        masked = rnn_i_masked(y, stack, l);
        if (masked) {
            parts = rnn_i_states(y, l, part);
            rnn_i_join(call, seq, part, parts, masked, y->D * y->H);
            rnn_i_dropout(call, seq, y->first_mask + (uint32_t)l,
                          l + 1 < y->L ? stack->dropout : stack->dropout_last,
                          masked, y->D * y->H);
        }
    }
}

/* BPTT of one layer in one direction, from the call's last step to its first
 * (reverse: the other way): dy_t and what is left in dh go through the cell to
 * dz_t, which stays in z, and back through W_hh. At the end dh is dh_0. */
RNN_I_FN void rnn_i_layer_backward(const rnn_i_call *call, const rnn_i_layer *a,
                                   const rnn_seq *seq, const rnn_real *dy,
                                   const rnn_flow *flow)
{
    const rnn_i_lay *y = a->y;
    const size_t H = y->H, d = a->d, at = a->q * y->state;
    rnn_real *dh = y->dh + a->q * y->carry, *dc = y->dc + a->q * y->carry;
    const int to = rnn_i_end(call, seq);
    const rnn_real *in;
    rnn_i_cell_step s;
    size_t first, end, b, n;
    int i, t;

    rnn_i_share(call, y->B, &first, &end);
    n = (end - first) * H;
    if (to == seq->steps) {
        in = flow->dhn ? flow->dhn + at + first * H : NULL;
        if (in != dh + first * H) /* it is, between windows */
            rnn_i_copy(dh + first * H, in, n);
        in = flow->dcn ? flow->dcn + at + first * H : NULL;
        if (y->C && in != dc + first * H)
            rnn_i_copy(dc + first * H, in, n);
    }
    s.H = H;
    s.p = a->vectors;
    s.dy_row = (ptrdiff_t)(y->D * H);
    for (i = call->from; i < to; i++) {
        t = d ? i : to - 1 - (i - call->from);
        for (b = first; b < end && (s.rows = rnn_i_run(seq, t, &b, end)) != 0;
             b += s.rows) {
            const size_t row = (size_t)t * y->state + b * H;
            s.z = a->z + row * y->K;
            s.h_prev = a->h_prev + row;
            s.c_prev = y->C ? a->c_prev + row : NULL;
            s.c = y->C ? a->c_now + row : NULL;
            s.h = NULL;
            s.dy = dy ? dy + row * y->D + d * H : NULL;
            s.dh = dh + b * H;
            s.dc = s.dq = dc + b * H;
            rnn_i_step_backward(call, a, &s, 0);
        }
    }
    if (call->from > 0)
        return;
    if (flow->dh0)
        rnn_i_dstate_out(y, seq, dh, flow->dh0 + at, first, end);
    if (y->C && flow->dc0)
        rnn_i_dstate_out(y, seq, dc, flow->dc0 + at, first, end);
}

/* The gradient of a piece of z: of its columns in the weights those in [first,
 * end), if any. Shares are of the columns of the weights (G*H), not of z (K*H):
 * GRU's gate 2 is in two blocks of z. A piece outside of the share has n = 0,
 * as has one that is none. */
RNN_I_FN rnn_i_columns rnn_i_dpiece(const rnn_i_layer *a, const rnn_i_piece *e,
                                    size_t first, size_t end)
{
    const size_t H = a->y->H, u = e->u * H;
    const size_t from = rnn_i_most(first, u);
    const size_t to = rnn_i_most(rnn_i_least(end, u + e->n * H), from);
    rnn_i_columns dz = rnn_i_gradient(a->z, a->y->K * H, from, to);

    dz.dy = a->z + e->z * H + (from - u);
    return dz;
}

/* The gradients of the parts of a layer's input, dx = dz W_ih^T, from both
 * directions and piece by piece. What is the same at all steps sums them up one
 * by one, onto what is there. */
RNN_I_FN void rnn_i_input_backward(const rnn_i_call *call, const rnn_i_lay *y,
                                   size_t l, const rnn_i_part *part, int parts,
                                   const rnn_real *params, const rnn_seq *seq)
{
    const int end = rnn_i_end(call, seq);
    rnn_i_call some = *call;
    rnn_i_columns dz;
    rnn_i_layer a;
    size_t d, row = 0;
    int i, k, start;

    for (i = 0; i < parts; row += part[i].width, i++) {
        for (d = 0; d < y->D && part[i].dx; d++) {
            rnn_i_layer_of(y, l, d, &a);
            rnn_i_weigh(&a, params);
            for (some.from = call->from; some.from < end; some.from = some.to) {
                some.to = part[i].fixed ? some.from + 1 : end;
                start = d || part[i].add ? RNN_I_FROM_C : RNN_I_FROM_ZERO;
                for (k = 0; RNN_I_HAS_PIECE(y->row, k); k++) {
                    if (y->row->piece[k].from != RNN_I_FROM_X)
                        continue;
                    dz = rnn_i_dpiece(&a, &y->row->piece[k], 0, y->G * y->H);
                    rnn_i_rows_back(&some, seq, &dz, &a.W_ih, row, &part[i],
                                    start);
                    start = RNN_I_FROM_C;
                }
            }
        }
        if (part[i].dx)
            rnn_i_pad_part(call, seq, &part[i]);
    }
}

/* The layers from the top: dropout's mask on dy, both directions, then dx of
 * the layer, which is the dy of the one below. At layer 0 the parts of the
 * input get theirs. */
RNN_I_FN void rnn_i_stack_backward(const rnn_i_call *call, const rnn_i_lay *y,
                                   const rnn_i_stack *stack,
                                   const rnn_real *params, const rnn_seq *seq,
                                   const rnn_real *dy, const rnn_flow *flow)
{
    const size_t width = y->D * y->H;
    rnn_i_layer a;
    rnn_i_part part;
    size_t l, d;

    for (l = y->L; l-- > 0;) {
        const rnn_real p = l + 1 < y->L ? stack->dropout : stack->dropout_last;
        if (p > 0 && dy) {
            rnn_i_set_part(&part, dy, width, NULL);
            if (dy != y->dy)
                rnn_i_join(call, seq, &part, 1, y->dy, width);
            rnn_i_dropout(call, seq, y->first_mask + (uint32_t)l, p, y->dy,
                          width);
            dy = y->dy;
        }
        for (d = 0; d < y->D; d++) {
            rnn_i_layer_of(y, l, d, &a);
            rnn_i_weigh(&a, params);
            rnn_i_layer_backward(call, &a, seq, dy, flow);
        }
        if (l) { /* both directions have read dy by now */
            rnn_i_set_part(&part, NULL, width, y->dy);
            rnn_i_input_backward(call, y, l, &part, 1, params, seq);
        } else {
            rnn_i_input_backward(call, y, 0, y->in, y->ins, params, seq);
        }
        dy = y->dy;
    }
}

/* dp_u += sum of dz c_{t-1}, or of dz c_t; dp (P, H). A share is of the H
 * columns. Order as in rnn_i_sum: t as backward went, b ascending. */
RNN_I_FN void rnn_i_vector_grads(const rnn_i_call *call, const rnn_i_layer *a,
                                 const rnn_i_piece *e, const rnn_seq *seq,
                                 rnn_real *dp)
{
    const size_t H = a->y->H, kh = a->y->K * H, B = a->y->B;
    const rnn_real *c = e->more ? a->c_now : a->c_prev;
    size_t first, end, b, k;
    int i, t;

    rnn_i_share(call, H, &first, &end);
    for (i = 0; i < seq->steps; i++) {
        t = a->d ? i : seq->steps - 1 - i;
        for (b = 0; b < B; b++)
            for (k = 0; k < e->n && t < (int)rnn_i_steps(seq, b); k++)
                RNN_I_DO(call->k, accumulate_product, end - first,
                         a->z + rnn_i_at(seq, t, b, kh) + (e->z + k) * H +
                             first,
                         c + rnn_i_at(seq, t, b, H) + first,
                         dp + (e->u + k) * H + first);
    }
}

/* Of a piece of z, what dz brings to the weight and the biases that it is made
 * of:
 *
 *     X    dW_ih += x^T dz     db_ih += 1^T dz, and db_hh if z starts at both
 *     B    db_hh += 1^T dz
 *     H    dW_hh += h_{t-1}^T dz
 *     Q    dW_hh += q^T dz     q as the cell has left it in its block of z
 *     P    dp += c_{t-1} dz, or c_t dz
 *
 * t descends in the forward direction and ascends in reverse, so that every sum
 * is in the order in which backward goes. That order is promised. */
RNN_I_FN void rnn_i_piece_grads(const rnn_i_call *call, const rnn_i_layer *a,
                                const rnn_i_piece *e, const rnn_seq *seq,
                                const rnn_i_part *part, int parts,
                                rnn_real *grads)
{
    const size_t H = a->y->H, gh = a->y->G * H;
    const int down = a->d == 0, from_b = e->from == RNN_I_FROM_B;
    size_t first, end;
    rnn_i_columns dz;
    rnn_i_part state;
    rnn_real *dw = grads + a->w_ih;
    int i;

    if (e->from == RNN_I_FROM_P) {
        rnn_i_vector_grads(call, a, e, seq, grads + a->p);
        return;
    }
    rnn_i_share(call, gh, &first, &end);
    dz = rnn_i_dpiece(a, e, first, end);
    if (dz.n == 0)
        return;
    if (e->from == RNN_I_FROM_H || e->from == RNN_I_FROM_Q) {
        const int q = e->from == RNN_I_FROM_Q;
        rnn_i_set_part(&state, q ? a->z + a->y->row->q * H : a->h_prev, H,
                       NULL);
        state.row = q ? dz.width : H;
        rnn_i_rows_grads(call, seq, &state, &dz, grads + a->w_hh, gh, down);
        return;
    }
    if (a->y->bias)
        rnn_i_sum_bias(call, seq, &dz, grads + (from_b ? a->b_hh : a->b_ih),
                       e->more ? 2 : 1, gh, down);
    for (i = 0; i < parts && !from_b; dw += part[i].width * gh, i++)
        if (part[i].x)
            rnn_i_rows_grads(call, seq, &part[i], &dz, dw, gh, down);
        else
            rnn_i_scatter(call, seq, &dz, dw, gh, down);
}

/* All weight gradients, after backward: dz is in z, and what it is to be
 * multiplied with is still in its slots. Of all steps, and of the rows of all
 * parts, so it is a task behind theirs. grads is the stack's first, added to:
 * zeros or another pass's gradients stand there. */
RNN_I_FN void rnn_i_stack_grads(const rnn_i_call *call, const rnn_i_lay *y,
                                const rnn_i_stack *stack, const rnn_seq *seq,
                                rnn_real *grads)
{
    rnn_i_part part[RNN_I_PARTS];
    rnn_i_layer a;
    size_t l, d;
    int parts, i;

    for (l = 0; l < y->L; l++)
        for (d = 0; d < y->D; d++) {
            rnn_i_layer_of(y, l, d, &a);
            parts = rnn_i_input(y, stack, l, part);
            for (i = 0; RNN_I_HAS_PIECE(y->row, i); i++)
                rnn_i_piece_grads(call, &a, &y->row->piece[i], seq, part, parts,
                                  grads);
        }
}

/* y(b) = start + x(b) W for the rows of one step from `first` on; of W the rows
 * that belong to a part, from `row` on. p is blank but for m, the rows. The
 * bits are those of rnn_i_rows_forward, without its loops over steps and runs.
 */
RNN_I_INLINE void rnn_i_step_product(const rnn_i_call *call, rnn_i_product *p,
                                     size_t first, const rnn_i_part *x,
                                     const rnn_i_matrix *w, size_t row,
                                     const rnn_i_columns *y, int folded)
{
    rnn_i_set_columns(p, y);
    p->k = x->width;
    p->a = x->x + first * x->row;
    p->a_i = (ptrdiff_t)x->row;
    rnn_i_by(p, w, row, y->at);
    p->c += first * y->width;
    rnn_i_multiply_step(call, p, folded);
}

/* What a step of a layer reads: its parts, of rows from `first` on; one has the
 * tokens of a part without x. */
typedef struct rnn_i_reads {
    const rnn_seq *one;
    const rnn_i_part *part;
    int parts;
    size_t first;
} rnn_i_reads;

/* What part i of x, whose rows of W_ih begin at `row`, brings to a piece of z.
 * Parts that are never read are none. */
RNN_I_INLINE void rnn_i_step_part(const rnn_i_call *call, const rnn_i_layer *a,
                                  const rnn_i_reads *x, rnn_i_product *p,
                                  rnn_i_columns *z, int i, size_t row,
                                  int folded)
{
    const rnn_i_matrix *w = &a->W_ih;
    const rnn_i_part *part = &x->part[i];

    if (part->when == RNN_I_NEVER)
        return;
    if (part->x)
        rnn_i_step_product(call, p, x->first, part, w, row, z, folded);
    else if (RNN_I_FAR && folded == RNN_I_INLINED) {
        rnn_i_set_columns(p, z);
        p->k = 1;
        p->a = &rnn_i_one;
        rnn_i_by(p, w, row + (size_t)*x->one->ids, z->at);
        rnn_i_multiply_step(call, p, folded);
    } else if (folded) {
        RNN_I_FOLD(gather, z->n, z->b1, z->b2,
                   w->w + (row + (size_t)*x->one->ids) * w->cols + z->at, z->y);
    } else {
        rnn_i_gather(call, x->one, w->w + row * w->cols, w->cols, z);
    }
    z->start = RNN_I_FROM_C;
}

/* A piece of z that x or a bias starts. Biases alone, where no part has been
 * read. Of a description that the compiler knows there are two parts at most,
 * and it drops what is not there. */
RNN_I_INLINE void rnn_i_step_piece(const rnn_i_call *call, const rnn_i_layer *a,
                                   const rnn_i_reads *x, rnn_i_product *p,
                                   const rnn_i_piece *e, int folded)
{
    rnn_i_columns z;
    size_t row = 0;
    int i;

    if (!rnn_i_starts(a, e, &z))
        return;
    if (folded && e->from == RNN_I_FROM_X) {
        rnn_i_step_part(call, a, x, p, &z, 0, 0, folded);
        if (x->parts > 1)
            rnn_i_step_part(call, a, x, p, &z, 1, x->part[0].width, folded);
    }
    for (i = 0; !folded && i < x->parts && e->from == RNN_I_FROM_X;
         row += x->part[i].width, i++)
        rnn_i_step_part(call, a, x, p, &z, i, row, 0);
    if (z.start != RNN_I_FROM_BIAS)
        return;
    if (folded) { /* a sum of no terms */
        rnn_i_set_columns(p, &z);
        p->k = 0;
        p->a = p->b = z.y;
        p->b_k = 0;
        rnn_i_multiply_step(call, p, folded);
    } else {
        rnn_i_gather(call, x->one, NULL, 0, &z);
    }
}

/* rnn_i_input_product of p->m rows of one step, without lengths and other
 * steps. The sums are those of a whole pass, in the same order: steps are
 * promised to give its bits. */
RNN_I_INLINE void rnn_i_step_input(const rnn_i_call *call, const rnn_i_layer *a,
                                   const rnn_i_reads *x, rnn_i_product *p,
                                   int folded)
{
    const rnn_i_piece *e = a->y->row->piece;
    int k;

    if (folded)
        RNN_I_UNROLL for (k = 0; k < RNN_I_PIECES; k++)
            rnn_i_step_piece(call, a, x, p, e + k, folded);
    for (k = 0; !folded && RNN_I_HAS_PIECE(a->y->row, k); k++)
        rnn_i_step_piece(call, a, x, p, e + k, 0);
}

/* The products of a step's layer before its cell, of one row: a task where they
 * are cut by columns. */
typedef struct rnn_i_stepping {
    rnn_i_layer a;
    rnn_i_cell_step s;
    rnn_i_product p;
    rnn_i_reads x;
} rnn_i_stepping;

RNN_I_COLD void rnn_i_step_slice(const rnn_i_call *call, void *arg)
{
    const rnn_i_stepping *w = (const rnn_i_stepping *)arg;
    rnn_i_product p = w->p;

    rnn_i_step_input(call, &w->a, &w->x, &p, 0);
    rnn_i_stage_products(call, &w->a, 0, &w->s, &p, 0);
}

/* All slices, or all in one where they are not worth it. */
RNN_I_COLD void rnn_i_step_slices(const rnn_i_call *call, rnn_i_stepping *w)
{
    const rnn_i_lay *y = w->a.y;
    rnn_i_call alone = *call;
    size_t in = 0;
    int i;

    alone.spread = 0;
    for (i = 0; i < w->x.parts; i++) /* what is multiplied, not gathered */
        if (w->x.part[i].x && w->x.part[i].when != RNN_I_NEVER)
            in += w->x.part[i].width;
    if (y->H > RNN_I_STRIP &&
        rnn_i_times3(y->G, y->H, in + y->H) >= RNN_I_WORTH) {
        rnn_i_each_slice(call, y->H, rnn_i_step_slice, w);
        return;
    }
    rnn_i_step_slice(&alone, w);
}

/* One step: the layers in turn, each on the state of the one below. Forward
 * direction alone, no slots: h, c (L, B, H) are the caller's and go in place, z
 * (B, K*H) is every layer's, or with RNN_I_KEEPS (L, B, K*H). y needs no
 * arrays, and of its sizes those of rnn_i_fix_stack: what is read here or
 * below has to be set there, too. A share may have no rows. */
RNN_I_INLINE void rnn_i_stack_step(const rnn_i_call *call, const rnn_i_lay *y,
                                   const rnn_real *params, const rnn_seq *one,
                                   rnn_real *h, rnn_real *c, rnn_real *z,
                                   int how)
{
    const int folded = how & RNN_I_FOLDS;
    rnn_i_reads x;
    size_t first, end, l;
    rnn_i_layer a;
    rnn_i_part below;
    rnn_i_cell_step s;
    rnn_i_product p;

    rnn_i_share(call, y->B, &first, &end);
    if (first == end)
        return;
    x.one = one;
    x.part = y->in;
    x.parts = y->ins;
    x.first = first;
    rnn_i_blank(call, &p);
    p.m = end - first;
    s.H = y->H;
    s.rows = end - first;
    for (l = 0; l < y->L; l++) {
        rnn_i_layer_at(y, l, 0, &a);
        rnn_i_weigh(&a, params);
        a.z = z + (how & RNN_I_KEEPS ? l * y->K * y->state : 0);
        s.z = a.z + first * y->K * y->H;
        s.p = a.vectors;
        s.h_prev = s.h = h + l * y->state + first * y->H;
        s.c_prev = s.c = c ? c + l * y->state + first * y->H : NULL;
        if (RNN_I_SPREADS(folded) && call->spread) {
            /* copies, so that these stay in registers */
            rnn_i_stepping w;
            w.a = a;
            w.s = s;
            w.p = p;
            w.x = x;
            rnn_i_step_slices(call, &w);
        } else {
            rnn_i_step_input(call, &a, &x, &p, folded);
        }
        rnn_i_step_forward(call, &a, call->spread != 0, &s, &p, folded);
        rnn_i_set_part(&below, h + l * y->state, y->H, NULL);
        x.part = &below;
        x.parts = 1;
    }
}

/* One step of `batch` rows, and nothing else: a rnn_seq for blocks that have
 * rows and no time, and for a step of a stream. It sets every field of rnn_seq:
 * a new one goes here, too. */
RNN_I_FN void rnn_i_flat(rnn_seq *one, int batch)
{
    one->steps = 1;
    one->batch = batch;
    one->lengths = NULL;
    one->x = NULL;
    one->ids = NULL;
    one->step_stride = one->row_stride = 0;
    one->h0 = one->c0 = NULL;
    one->fresh = NULL;
    one->hn = one->cn = NULL;
    one->seed[0] = one->seed[1] = one->first_step = one->first_row = 0;
    one->source = NULL;
    one->own_rate = 0;
    one->own_sample = 0;
    one->own_ids = NULL;
    one->past = 0;
    one->x_len = one->ids_len = one->targets_len = 0;
    one->state_len = one->own_ids_len = 0;
}

/* ============================================================================
 * [ATTENTION]
 *
 *     k_j = U h_j    q_i = W s_i    e_ij = v . tanh(q_i + k_j)  or  q_i . k_j
 *     a_i = softmax(e_i)    c_i = sum_j a_ij h_j
 *
 *     da_ij = dc_i . h_j    de_ij = a_ij (da_ij - sum_k a_ik da_ik)
 *     dq_i, dk_j, dv from de_ij    ds_i = dq_i W^T    dW = s^T dq
 *     dh_j = sum_i a_ij dc_i + dk_j U^T    dU = h^T dk
 *
 * Rows of the batch do not meet: dv is kept per row and summed in grads. j
 * ascends in c, dq and dh, i in dh; in dk, to which each step adds as backward
 * comes by, i descends. In the sums of the weights steps descend, as elsewhere.
 * The gradient of a softmax needs a alone, not e, so e is overwritten by a.
 *
 * Where the arrays lie in a model: keys and h in keep in training, in memory
 * for a decoder's steps; q, a and c_t in keep in training; all of these in
 * scratch otherwise; dk, dv, de, dq and dc in scratch, up to the gradients.
 *
 * A further score is a row of the table and a line in the kernels score and
 * score_backward.
 * ========================================================================= */

/* v is also what the kernels get as `additive`, by which they choose the score:
 * one with a v that is not v . tanh(q + k) needs a choice of its own. */
typedef struct rnn_i_score { /* a row of RNN_I_SCORES        */
    unsigned char W, U, v;   /* which parameters there are */
    unsigned char scaled;    /* q is divided by sqrt Q     */
} rnn_i_score;

#define RNN_I_ROW(a, name, text, W, U, v, scaled) {W, U, v, scaled},
static const rnn_i_score rnn_i_scores[] = {RNN_I_SCORES(RNN_I_ROW, 0)};
#undef RNN_I_ROW

/* Checks an attention; its sizes, and offsets in its parameters, as far as
 * there are: W [Q][A], U [K][A], v [A]. A is the width of a query and of a key
 * as they meet: without W that of s, without U that of h, so that then Q is K.
 */
RNN_I_COLD rnn_status rnn_i_att_layout(const rnn_attention *att, rnn_i_att *a,
                                       rnn_why *why)
{
    rnn_status st = att ? rnn_i_in(why, RNN_E_ARG, "score", (int)att->score,
                                   RNN_SCORE_NONE + 1, RNN_SCORES - 1)
                        : RNN_I_NO_NULL(why, "attention");

    if (st)
        return st;
    a->row = &rnn_i_scores[att->score];
    st = rnn_i_in(why, RNN_E_SIZE, "query_size", att->query_size, 1, INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "key_size", att->key_size, 1, INT_MAX);
    if (!st)
        st = rnn_i_needs(why, a->row->W, "attention's size", att->size,
                         "@ is #, but this score has none");
    if (!st && !a->row->U && att->query_size != att->key_size)
        st = RNN_I_NO(why, RNN_E_ARG, "attention",
                      "@ compares a query of # numbers with keys of #: this "
                      "score has no weights between them",
                      att->query_size, att->key_size);
    if (st)
        return st;
    a->Q = (size_t)att->query_size;
    a->K = (size_t)att->key_size;
    a->A = a->row->W ? (size_t)att->size : a->Q;
    a->U = a->row->W ? rnn_i_times(a->Q, a->A) : 0;
    a->v = rnn_i_plus(a->U, a->row->U ? rnn_i_times(a->K, a->A) : 0);
    a->params = rnn_i_plus(a->v, a->row->v ? a->A : 0);
    return rnn_i_fits(a->params)
               ? RNN_OK
               : RNN_I_NO(why, RNN_E_SIZE, "attention",
                          "@ is too large for this machine", 0, 0);
}

/* k = U h, for all states at once: once for a source, whatever asks of it
 * later. Keys of padding are not written, and not read. */
RNN_I_FN void rnn_i_keys(const rnn_i_call *call, const rnn_i_look *o)
{
    const size_t A = o->a.A;
    const rnn_i_columns keys = rnn_i_result(o->keys, A, NULL);
    rnn_i_matrix U;

    if (!o->a.row->U)
        return;
    U = rnn_i_matrix_at(o->params + o->a.U, o->a.K, A);
    rnn_i_rows_forward(call, o->source, &o->h, &U, 0, &keys);
}

/* Key j of row b: U h_j, or the state itself with scores that have no U. */
RNN_I_INLINE const rnn_real *rnn_i_key(const rnn_i_look *o, size_t j, size_t b)
{
    const size_t at = j * (size_t)o->source->batch + b;
    return o->a.row->U ? o->keys + at * o->a.A : o->h.x + at * o->h.row;
}

/* One query and the n states that it looks at, which lie h_row apart, their
 * keys key_row. */
typedef struct rnn_i_sight {
    int additive;
    const rnn_real *v, *q, *keys, *h;
    size_t A, K, n, key_row, h_row;
    rnn_real *e, *c;
} rnn_i_sight;

/* e_j of all states. */
RNN_I_INLINE void rnn_i_see_scores(const rnn_i_call *call, const rnn_i_sight *s)
{
    size_t j;

    for (j = 0; j < s->n; j++)
        s->e[j] = RNN_I_DO(call->k, score, s->additive, s->A, s->v, s->q,
                           s->keys + j * s->key_row);
}

/* a = softmax(e), in e, and c = sum_j a_j h_j, one chain, j ascending. */
RNN_I_INLINE void rnn_i_see(const rnn_i_call *call, const rnn_i_sight *s,
                            int folded)
{
    rnn_i_product p;
    rnn_real max;

    rnn_i_softmax(call, s->n, s->e, s->e, &max);
    rnn_i_blank(call, &p);
    p.m = 1;
    p.n = s->K;
    p.k = s->n;
    p.a = s->e;
    p.a_i = p.c_i = 0;
    p.b = s->h;
    p.b_k = (ptrdiff_t)s->h_row;
    p.c = s->c;
    p.start = RNN_I_FROM_ZERO;
    rnn_i_multiply_step(call, &p, folded);
}

/* Where attention looks, and what it sees, for the steps of a call. In a
 * decoder that is one step, whose s the step before has left; keys and memory
 * must be there for the whole source.
 *
 * Writes a and c_t of every row of the share: where a query is padding, or its
 * source has no step, both are 0 (n = 0), and a on the source's padding.
 * scores, or NULL, gets e, which the softmax overwrites. Rows of a step may be
 * more than those of the source (`from`), several of them reading one memory. q
 * is kept even where it is s, as dk needs it. */
RNN_I_FN void rnn_i_attend(const rnn_i_call *call, const rnn_i_look *o,
                           rnn_real *scores)
{
    const size_t A = o->a.A, S = (size_t)o->source->steps;
    const size_t Bs = (size_t)o->source->batch;
    const rnn_real scale = rnn_i_div(1, rnn_i_sqrt((rnn_real)o->a.Q));
    size_t first, end, b, at, row;
    rnn_i_sight s;
    rnn_real *q;
    int t;

    if (o->a.row->W) {
        const rnn_i_matrix W = rnn_i_matrix_at(o->params, o->a.Q, A);
        const rnn_i_columns query = rnn_i_result(o->query, A, NULL);
        rnn_i_rows_forward(call, o->seq, &o->s, &W, 0, &query);
    }
    s.additive = o->a.row->v;
    s.v = o->params ? o->params + o->a.v : NULL;
    s.A = A;
    s.K = o->a.K;
    s.h_row = Bs * o->h.row;
    s.key_row = o->a.row->U ? Bs * A : s.h_row;
    rnn_i_share(call, (size_t)o->seq->batch, &first, &end);
    for (t = call->from; t < rnn_i_end(call, o->seq); t++)
        for (b = first; b < end; b++) {
            at = rnn_i_at(o->seq, t, b, 1);
            row = o->from ? (size_t)o->from[b] : b;
            s.n = rnn_i_steps(o->seq, b) > (size_t)t
                      ? rnn_i_steps(o->source, row)
                      : 0;
            s.q = q = o->query + at * A;
            s.h = o->h.x + row * o->h.row;
            s.keys = rnn_i_key(o, 0, row);
            s.e = o->attn + at * S;
            s.c = o->context + at * s.K;
            if (s.n && !o->a.row->W) /* a dot's query is s, or s / sqrt Q */
                RNN_I_DO(call->k, scale, A, o->a.row->scaled ? scale : 1,
                         o->s.x + at * o->s.row, q);
            rnn_i_see_scores(call, &s);
            rnn_i_copy(s.e + s.n, NULL, S - s.n);
            if (scores)
                rnn_i_copy(scores + at * S, s.e, S);
            if (s.n)
                rnn_i_see(call, &s, 0);
            else
                rnn_i_copy(s.c, NULL, s.K);
        }
}

/* Clears what attend_backward adds to, step after step: so this runs once, in
 * front of all of them. */
RNN_I_FN void rnn_i_attend_backward_begin(const rnn_i_call *call,
                                          const rnn_i_look *o)
{
    const size_t A = o->a.A;
    size_t first, end;
    int j;

    rnn_i_share(call, (size_t)o->source->batch, &first, &end);
    for (j = 0; j < o->source->steps; j++)
        rnn_i_copy(o->dkeys + rnn_i_at(o->source, j, first, A), NULL,
                   (end - first) * A);
    if (o->a.row->v)
        rnn_i_copy(o->dv + first * A, NULL, (end - first) * A);
}

/* dq, dk and dv of the steps of a call, which a decoder takes from the last to
 * the first. dcontext must be whole for these steps: what the head and what the
 * stack's input have given.
 *
 *     da_j = dc . h_j + dattn_j    de_j = a_j (da_j - sum_k a_k da_k)
 *
 * de, one row of S for a row of the batch, holds da first. dq (T, B, A) is set,
 * to 0 on padding; dk and dv are added to. A q that was scaled is the one that
 * dk is made of; the scale goes onto dq at the end. */
RNN_I_FN void rnn_i_attend_backward(const rnn_i_call *call, const rnn_i_look *o)
{
    const size_t A = o->a.A, K = o->a.K, S = (size_t)o->source->steps;
    const rnn_real *v = o->params ? o->params + o->a.v : NULL;
    const rnn_real scale = rnn_i_div(1, rnn_i_sqrt((rnn_real)o->a.Q));
    size_t first, end, b, j, n, at;
    rnn_real sum;
    int t;

    rnn_i_share(call, (size_t)o->seq->batch, &first, &end);
    for (t = rnn_i_end(call, o->seq); t-- > call->from;)
        for (b = first; b < end; b++) {
            const rnn_real *a, *dc;
            rnn_real *de = o->de + b * S, *dq;
            at = rnn_i_at(o->seq, t, b, 1);
            dq = o->dquery + at * A;
            rnn_i_copy(dq, NULL, A);
            if (rnn_i_steps(o->seq, b) <= (size_t)t)
                continue;
            n = rnn_i_steps(o->source, b);
            a = o->attn + at * S;
            dc = o->dcontext + at * K;
            for (j = 0; j < n; j++) {
                de[j] =
                    RNN_I_DO(call->k, score, 0, K, NULL, dc,
                             o->h.x + rnn_i_at(o->source, (int)j, b, o->h.row));
                if (o->dattn)
                    de[j] = rnn_i_add(de[j], o->dattn[at * S + j]);
            }
            sum = RNN_I_DO(call->k, score, 0, n, NULL, a, de);
            for (j = 0; j < n; j++)
                RNN_I_DO(call->k, score_backward, A,
                         rnn_i_mul(a[j], rnn_i_sub(de[j], sum)), v,
                         o->query + at * A, rnn_i_key(o, j, b), dq,
                         o->dkeys + rnn_i_at(o->source, (int)j, b, A),
                         o->a.row->v ? o->dv + b * A : NULL);
            if (o->a.row->scaled)
                RNN_I_DO(call->k, scale, A, scale, dq, dq);
        }
}

/* ds of the steps of a call: p->dx, added to if p->add. ds = dq W^T, or dq
 * where s is q. A decoder's query at step t is h_{t-1} of its last layer, so
 * there p is that layer's dh, which the stack has left for step t - 1: fixed,
 * and added to. */
RNN_I_FN void rnn_i_attend_backward_query(const rnn_i_call *call,
                                          const rnn_i_look *o,
                                          const rnn_i_part *p)
{
    const size_t A = o->a.A;
    size_t first, end, b;
    rnn_i_columns dq;
    rnn_i_matrix w;
    int t;

    if (o->a.row->W) {
        w = rnn_i_matrix_at(o->params, o->a.Q, A);
        w.wt = o->W_t;
        dq = rnn_i_gradient(o->dquery, A, 0, A);
        rnn_i_rows_back(call, o->seq, &dq, &w, 0, p,
                        p->add ? RNN_I_FROM_C : RNN_I_FROM_ZERO);
        return;
    }
    rnn_i_share(call, (size_t)o->seq->batch, &first, &end);
    for (t = call->from; t < rnn_i_end(call, o->seq); t++)
        for (b = first; b < end; b++) {
            const rnn_real *from = o->dquery + rnn_i_at(o->seq, t, b, A);
            rnn_real *ds = p->dx + rnn_i_part_at(p, o->seq, t, b);
            if (rnn_i_steps(o->seq, b) <= (size_t)t)
                continue;
            if (p->add)
                RNN_I_DO(call->k, accumulate, A, from, ds);
            else
                rnn_i_copy(ds, from, A);
        }
}

/* dh (S, B, K) from all steps, behind all of them. It is overwritten, 0 on
 * padding: what else has a gradient for the memory adds to it afterwards.
 *
 *     dh_j = dk_j U^T, or dk_j    + sum_i a_ij dc_i    i ascending
 *
 * The second is a product for each row of the batch, since its a is its own. */
RNN_I_FN void rnn_i_attend_backward_memory(const rnn_i_call *call,
                                           const rnn_i_look *o, rnn_real *dh)
{
    const size_t A = o->a.A, K = o->a.K, S = (size_t)o->source->steps;
    const size_t B = (size_t)o->source->batch;
    size_t first, end, b;
    rnn_i_columns dk;
    rnn_i_part part;
    rnn_i_matrix w;
    rnn_i_product p;
    int j;

    rnn_i_share(call, B, &first, &end);
    if (o->a.row->U) {
        rnn_i_set_part(&part, NULL, K, dh);
        w = rnn_i_matrix_at(o->params + o->a.U, K, A);
        w.wt = o->U_t;
        dk = rnn_i_gradient(o->dkeys, A, 0, A);
        rnn_i_rows_back(call, o->source, &dk, &w, 0, &part, RNN_I_FROM_ZERO);
    } else {
        for (j = 0; j < o->source->steps; j++)
            rnn_i_copy(dh + rnn_i_at(o->source, j, first, K),
                       o->dkeys + rnn_i_at(o->source, j, first, K),
                       (end - first) * K);
    }
    rnn_i_pad(call, o->source, NULL, dh, K);
    rnn_i_blank(call, &p);
    p.n = K;
    p.a_i = 1;
    p.a_k = (ptrdiff_t)(B * S);
    p.b_k = p.c_i = (ptrdiff_t)(B * K);
    p.start = RNN_I_FROM_C;
    for (b = first; b < end; b++) {
        p.m = rnn_i_steps(o->source, b);
        p.k = rnn_i_steps(o->seq, b);
        p.a = o->attn + b * S;
        p.b = o->dcontext + b * K;
        p.c = dh + b * K;
        if (p.m && p.k)
            RNN_I_DO(call->k, product, &p);
    }
}

/* dW = sum s^T dquery, of the steps of a window. On shares of the A columns,
 * over all rows, as are the other two. */
RNN_I_FN void rnn_i_query_grads(const rnn_i_call *call, const rnn_i_look *o,
                                rnn_real *grads)
{
    const size_t A = o->a.A;
    size_t first, end;
    rnn_i_columns dy;

    if (!o->a.row->W)
        return;
    rnn_i_share(call, A, &first, &end);
    dy = rnn_i_gradient(o->dquery, A, first, end);
    rnn_i_rows_grads(call, o->seq, &o->s, &dy, grads, A, 1);
}

/* dU = sum h^T dkeys, dv: rows have added theirs up, in an array of A for each
 * row of the batch, since dv cannot be one array that the rows of all parts add
 * to. */
RNN_I_FN void rnn_i_memory_grads(const rnn_i_call *call, const rnn_i_look *o,
                                 rnn_real *grads)
{
    const size_t A = o->a.A;
    size_t first, end, b;
    rnn_i_columns dy;

    rnn_i_share(call, A, &first, &end);
    if (o->a.row->U) {
        dy = rnn_i_gradient(o->dkeys, A, first, end);
        rnn_i_rows_grads(call, o->source, &o->h, &dy, grads + o->a.U, A, 1);
    }
    if (o->a.row->v)
        for (b = 0; b < (size_t)o->source->batch; b++)
            RNN_I_DO(call->k, accumulate, end - first, o->dv + b * A + first,
                     grads + o->a.v + first);
}

/* ---- the block alone ----------------------------------------------------- */

/* The arrays of the block alone, from base on; how many numbers they have. They
 * are the caller's `work`, in which forward leaves q for backward, and backward
 * dq, dk and dv for grads. */
RNN_I_FN size_t rnn_i_look_work(rnn_i_look *o, size_t S, size_t T, size_t B,
                                rnn_real *base)
{
    rnn_i_arena a;

    a.base = base;
    a.n = 0;
    o->query = rnn_i_take(&a, rnn_i_times3(T, B, o->a.A));
    o->dquery = rnn_i_take(&a, rnn_i_times3(T, B, o->a.A));
    o->dkeys = rnn_i_take(&a, rnn_i_times3(S, B, o->a.A));
    o->de = rnn_i_take(&a, rnn_i_times(B, S));
    o->dv = rnn_i_take(&a, rnn_i_times(B, o->a.A));
    return a.n;
}

/* What a block of attention takes; a is its layout. */
RNN_I_COLD rnn_status rnn_i_look_sizes(const rnn_attention *att, const int n[3],
                                       rnn_i_att *a, size_t sizes[3],
                                       rnn_why *why)
{
    static const char *const names[] = {"source steps", "steps", "batch"};
    rnn_i_look o;
    size_t S, T, B;
    int i;
    rnn_status st = rnn_i_att_layout(att, a, why);

    for (i = 0; i < 3 && !st; i++)
        st = rnn_i_in(why, RNN_E_SIZE, names[i], n[i], 1, INT_MAX);
    if (st)
        return st;
    S = (size_t)n[0];
    T = (size_t)n[1];
    B = (size_t)n[2];
    o.a = *a;
    sizes[0] = a->params;
    sizes[1] = rnn_i_times3(S, B, a->A);
    sizes[2] = rnn_i_look_work(&o, S, T, B, NULL);
    return rnn_i_fits(sizes[2]) && rnn_i_fits(rnn_i_times3(T, B, S)) &&
                   rnn_i_fits(rnn_i_times3(T, B, a->K)) &&
                   rnn_i_fits(rnn_i_times3(S, B, a->K)) &&
                   rnn_i_fits(rnn_i_times3(T, B, a->Q))
               ? RNN_OK
               : RNN_I_NO(why, RNN_E_SIZE, "attention",
                          "@ of # steps over # is too large for this machine",
                          n[1], n[0]);
}

/* Counted for the greatest of each; calls may have fewer steps and rows. */
RNNDEF rnn_status rnn_attention_sizes(const rnn_attention *att,
                                      int source_steps, int steps, int batch,
                                      size_t *params, size_t *keys,
                                      size_t *work, rnn_why *why)
{
    const int n[3] = {source_steps, steps, batch};
    rnn_i_att a;
    size_t sizes[3];
    rnn_status st;

    rnn_i_forget(why);
    if (!params || !keys || !work)
        return RNN_I_NO_NULL(why, "params, keys or work");
    st = rnn_i_look_sizes(att, n, &a, sizes, why);
    if (st)
        return st;
    *params = sizes[0];
    *keys = sizes[1];
    *work = sizes[2];
    return RNN_OK;
}

/* Queries or keys: x, time-major. */
RNN_I_FN rnn_status rnn_i_check_look(const rnn_seq *seq, size_t width,
                                     rnn_why *why)
{
    return seq->step_stride || seq->row_stride
               ? RNN_I_NO(why, RNN_E_ARG, "step_stride",
                          "@ is # and row_stride #: attention takes none",
                          seq->step_stride, seq->row_stride)
               : rnn_i_check_seq(seq, 0, width, why);
}

/* The checks of the block alone, and its arrays as rnn_i_look names them. */
RNN_I_FN rnn_status rnn_i_open_look(const rnn_attention *att,
                                    const rnn_attention_pass *pass,
                                    const rnn_run *run, rnn_i_look *o,
                                    rnn_i_call *call)
{
    const rnn_seq *source = pass ? pass->source : NULL;
    const rnn_seq *seq = pass ? pass->seq : NULL;
    size_t sizes[3];
    int n[3];
    rnn_status st = rnn_i_begin_run(run, call);

    if (!st)
        st = rnn_i_there(call->why, "pass", pass);
    if (!st)
        st = rnn_i_there(call->why, "source", source);
    if (!st)
        st = rnn_i_there(call->why, "seq", seq);
    if (st)
        return st;
    n[0] = source->steps;
    n[1] = seq->steps;
    n[2] = seq->batch;
    st = rnn_i_look_sizes(att, n, &o->a, sizes, call->why);
    if (!st && source->batch != seq->batch)
        st = RNN_I_NO(call->why, RNN_E_ARG, "source", "@ has # rows, seq has #",
                      source->batch, seq->batch);
    if (!st)
        st = rnn_i_of_source(call->why, 0, 1,
                             rnn_i_check_look(source, o->a.K, call->why));
    if (!st)
        st = rnn_i_check_look(seq, o->a.Q, call->why);
    if (!st)
        st = rnn_i_check_array(call->why, "work", pass->work, pass->work_len,
                               sizes[2]);
    if (st)
        return st;
    (void)rnn_i_look_work(o, (size_t)source->steps, (size_t)seq->steps,
                          (size_t)seq->batch, pass->work);
    o->source = source;
    o->seq = seq;
    o->params = pass->params;
    o->W_t = o->U_t = NULL;
    rnn_i_set_part(&o->s, seq->x, o->a.Q, NULL);
    rnn_i_set_part(&o->h, source->x, o->a.K, NULL);
    o->keys = pass->keys;
    o->attn = pass->attn;
    o->context = pass->context;
    o->from = NULL;
    o->dattn = pass->dattn;
    o->dcontext = rnn_i_writable(pass->dcontext);
    return RNN_OK;
}

/* The arrays of forward and backward. */
RNN_I_FN rnn_status rnn_i_look_ready(const rnn_i_look *o,
                                     const rnn_attention_pass *pass,
                                     rnn_why *why)
{
    const size_t S = (size_t)o->source->steps;
    rnn_status st = rnn_i_check_read(why, "params", pass->params,
                                     pass->params_len, o->a.params);

    if (!st)
        st = rnn_i_check_array(why, "keys", pass->keys, pass->keys_len,
                               rnn_i_of_rows(o->source, o->a.A));
    return st ? st
              : rnn_i_check_array(why, "attn", pass->attn, pass->attn_len,
                                  rnn_i_of_rows(o->seq, S));
}

#ifdef RNN_CHECK
/* What backward reads that somebody must have written: forward keys and attn,
 * the caller dattn, which counts where both steps are valid. */
RNN_I_FN rnn_status rnn_i_check_looked(const rnn_i_look *o, rnn_why *why)
{
    const size_t S = (size_t)o->source->steps, B = (size_t)o->source->batch;
    size_t i;
    rnn_status st = RNN_OK;

    if (o->a.row->U)
        st = rnn_i_check_steps(o->source, o->keys, o->a.A, 0, "keys", why);
    if (!st)
        st = rnn_i_check_steps(o->seq, o->attn, S, 0, "attn", why);
    for (i = 0; i < (size_t)o->seq->steps * B * S && o->dattn && !st; i++)
        if (rnn_i_steps(o->seq, i / S % B) > i / S / B &&
            rnn_i_steps(o->source, i / S % B) > i % S)
            st = rnn_i_check_some(o->dattn, i, 1, "dattn", why);
    return st;
}
#endif

/* An array of rows that may be NULL. */
RNN_I_FN rnn_status rnn_i_check_wanted(rnn_why *why, const char *name,
                                       const rnn_real *p, size_t len,
                                       const rnn_seq *seq, size_t width)
{
    return p ? rnn_i_check_array(why, name, p, len, rnn_i_of_rows(seq, width))
             : RNN_OK;
}

/* The block, and its arrays. */
typedef struct rnn_i_alone {
    rnn_i_look o;
    const rnn_attention_pass *pass;
} rnn_i_alone;

/* Keys of all states first, then every query. */
RNN_I_FN void rnn_i_alone_forward(const rnn_i_call *call, void *arg)
{
    const rnn_i_alone *s = (const rnn_i_alone *)arg;

    rnn_i_keys(call, &s->o);
    rnn_i_attend(call, &s->o, s->pass->scores);
}

/* dq, dk, dv of all steps, then dh and ds, as far as they are wanted: a part
 * has all steps of its rows, so the one may follow the other. */
RNN_I_FN void rnn_i_alone_backward(const rnn_i_call *call, void *arg)
{
    const rnn_i_alone *s = (const rnn_i_alone *)arg;
    rnn_real *dh = s->pass->dh, *ds = s->pass->ds;
    rnn_i_part query;

    rnn_i_attend_backward_begin(call, &s->o);
    rnn_i_attend_backward(call, &s->o);
    if (dh)
        rnn_i_attend_backward_memory(call, &s->o, dh);
    if (ds) {
        rnn_i_set_part(&query, NULL, s->o.a.Q, ds);
        rnn_i_attend_backward_query(call, &s->o, &query);
        rnn_i_pad(call, s->o.seq, NULL, ds, s->o.a.Q);
    }
}

RNN_I_FN void rnn_i_alone_grads(const rnn_i_call *call, void *arg)
{
    const rnn_i_alone *s = (const rnn_i_alone *)arg;

    rnn_i_query_grads(call, &s->o, s->pass->grads);
    rnn_i_memory_grads(call, &s->o, s->pass->grads);
}

/* Tasks are shares of the rows, whose queries, keys and weights nobody else
 * touches. */
RNNDEF rnn_status rnn_attention_forward(const rnn_attention *att,
                                        const rnn_attention_pass *pass,
                                        const rnn_run *run)
{
    rnn_i_alone s;
    rnn_i_call call;
    rnn_status st = rnn_i_open_look(att, pass, run, &s.o, &call);

    if (!st)
        st = rnn_i_look_ready(&s.o, pass, call.why);
    if (!st)
        st = rnn_i_check_array(call.why, "context", pass->context,
                               pass->context_len,
                               rnn_i_of_rows(s.o.seq, s.o.a.K));
    if (st)
        return st;
    s.pass = pass;
    rnn_i_each(&call, rnn_i_alone_forward, &s);
    return RNN_OK;
}

RNNDEF rnn_status rnn_attention_backward(const rnn_attention *att,
                                         const rnn_attention_pass *pass,
                                         const rnn_run *run)
{
    rnn_i_alone s;
    rnn_i_call call;
    rnn_status st = rnn_i_open_look(att, pass, run, &s.o, &call);

    if (!st)
        st = rnn_i_look_ready(&s.o, pass, call.why);
    if (!st)
        st = rnn_i_check_read_rows(call.why, "dcontext", pass->dcontext,
                                   pass->context_len, s.o.seq, s.o.a.K);
    if (!st)
        st = rnn_i_check_wanted(call.why, "dh", pass->dh, pass->dh_len,
                                s.o.source, s.o.a.K);
    if (!st)
        st = rnn_i_check_wanted(call.why, "ds", pass->ds, pass->ds_len, s.o.seq,
                                s.o.a.Q);
#ifdef RNN_CHECK
    if (!st)
        st = rnn_i_check_looked(&s.o, call.why);
#endif
    if (st)
        return st;
    s.pass = pass;
    rnn_i_each(&call, rnn_i_alone_backward, &s);
    return RNN_OK;
}

RNNDEF rnn_status rnn_attention_grads(const rnn_attention *att,
                                      const rnn_attention_pass *pass,
                                      const rnn_run *run)
{
    rnn_i_alone s;
    rnn_i_call call;
    rnn_status st = rnn_i_open_look(att, pass, run, &s.o, &call);

    if (!st)
        st = rnn_i_check_read(call.why, "grads", pass->grads, pass->params_len,
                              s.o.a.params);
    if (st)
        return st;
    s.pass = pass;
    rnn_i_each(&call, rnn_i_alone_grads, &s);
    return RNN_OK;
}

/* ============================================================================
 * [MODEL]  what a description is: sizes, layouts, and the checks of its calls
 *
 * A side is a stack with the table in front of it. A model has one side in
 * front of its head, the top, and with N vs M an encoder for each source.
 *
 *     params   table, encoder of each source; Q, q; W, U, v of each source;
 *              table, stack of the top; V, c
 *     packed   a stamp; copies of these
 *     keep     a stamp; what encode leaves; what forward keeps
 *     scratch  what backward needs; or all of a pass without backward
 *     memory   what encode leaves for the steps of a decoder
 *
 * rnn_i_model_of turns a description into offsets in params, rnn_i_fit adds the
 * sizes of one pass, and the functions that end in _arrays count and hand out
 * its arrays. rnn_plan counts with the most that can be; a call hands out what
 * it needs, unless the call before has been like it.
 * ========================================================================= */

/* The input of a decoder that does not read its previous output (target_size
 * 0): c and c_t alone, or nothing at all, in which case it has no W_ih. */
enum { RNN_I_NOTHING = -1 }; /* an rnn_input: none of its own */

/* The fields of rnn_model but the two of dropout, those of decoders last: name,
 * type, names of values in files, least and most, and the wirings that read it:
 * 1 N vs N, 2 N vs 1, 4 1 vs N, 8 N vs M. Others want it to be 0. [FILES]
 * writes and reads them by this list, and the hash of a plan mixes them in its
 * order. */
#define RNN_I_FIELDS_OF(X, a)                                                  \
    X(a, wiring, rnn_wiring, rnn_i_wirings, 0, RNN_WIRINGS - 1, 15)            \
    X(a, cell, rnn_cell, rnn_i_cell_names, 0, RNN_CELLS - 1, 15)               \
    X(a, input, rnn_input, rnn_i_inputs, 0, RNN_INPUTS - 1, 15)                \
    X(a, input_size, int, NULL, 1, INT_MAX, 15)                                \
    X(a, embedding_size, int, NULL, 0, INT_MAX, 15)                            \
    X(a, hidden_size, int, NULL, 0, INT_MAX, 15)                               \
    X(a, num_layers, int, NULL, 0, INT_MAX, 15)                                \
    X(a, bidirectional, int, NULL, 0, 1, 11)                                   \
    X(a, no_bias, int, NULL, 0, 1, 15)                                         \
    X(a, output_size, int, NULL, 0, INT_MAX, 15)                               \
    X(a, target, rnn_input, rnn_i_inputs, 0, RNN_INPUTS - 1, 12)               \
    X(a, target_size, int, NULL, 0, INT_MAX, 12)                               \
    X(a, target_embedding_size, int, NULL, 0, INT_MAX, 12)                     \
    X(a, decoder_hidden_size, int, NULL, 0, INT_MAX, 12)                       \
    X(a, decoder_layers, int, NULL, 0, INT_MAX, 12)                            \
    X(a, context, rnn_context, rnn_i_context_names, 0, RNN_CONTEXTS - 1, 8)    \
    X(a, source_steps, int, NULL, 0, INT_MAX, 8)                               \
    X(a, context_size, int, NULL, 0, INT_MAX, 12)                              \
    X(a, feed, unsigned, NULL, 0, 7, 12)                                       \
    X(a, hand_over, unsigned, NULL, 0, 3, 8)                                   \
    X(a, attention, rnn_score, rnn_i_score_names, 0, RNN_SCORES - 1, 8)        \
    X(a, attention_size, int, NULL, 0, INT_MAX, 8)                             \
    X(a, head_context, int, NULL, 0, 1, 12)                                    \
    X(a, num_sources, int, NULL, 0, RNN_MAX_SOURCES, 8)

#define RNN_I_1ST(x, ...) x
#define RNN_I_TEXT(a, name, ...) RNN_I_1ST(__VA_ARGS__, 0),
#if !defined(RNN_NO_FILES) || !defined(RNN_NO_WHY)
static const char *const rnn_i_wirings[] = {RNN_I_WIRINGS(RNN_I_TEXT, 0) NULL};
static const char *const rnn_i_context_names[] = {
    RNN_I_CONTEXTS(RNN_I_TEXT, 0) NULL};
static const char *const rnn_i_score_names[] = {RNN_I_SCORES(RNN_I_TEXT, 0)
                                                NULL};
static const char *const rnn_i_cell_names[] = {RNN_I_CELLS(RNN_I_TEXT, 0) NULL};
static const char *const rnn_i_inputs[] = {RNN_I_INPUTS(RNN_I_TEXT, 0) NULL};
#define RNN_I_FIELD(a, name, type, names, least, most, who)                    \
    {#name, names, least, most, who},
#else
#define RNN_I_FIELD(a, name, type, names, least, most, who)                    \
    {"", NULL, least, most, who},
#endif
#undef RNN_I_TEXT
#undef RNN_I_1ST

typedef struct rnn_i_field {
    const char *key;
    const char *const *names; /* of values 0, 1, ...; NULL: a number */
    int least, most;
    unsigned char who;
} rnn_i_field;
static const rnn_i_field rnn_i_fields[] = {
    RNN_I_FIELDS_OF(RNN_I_FIELD, 0)};
#undef RNN_I_FIELD
#define RNN_I_PLAIN_FIELDS 10 /* those that are not of decoders come first */
#define RNN_I_FIELDS ((int)(sizeof rnn_i_fields / sizeof rnn_i_fields[0]))

#define RNN_I_NUMBER(a, name, ...) RNN_I_FIELD_##name,
enum { RNN_I_FIELDS_OF(RNN_I_NUMBER, 0) RNN_I_NO_FIELD };
#undef RNN_I_NUMBER

/* A field of a description by its number in rnn_i_fields. */
RNN_I_COLD int rnn_i_get_field(const rnn_model *m, int i)
{
#define RNN_I_GET(a, name, ...)                                                \
    case RNN_I_FIELD_##name: return (int)m->name;
    switch (i) {
        RNN_I_FIELDS_OF(RNN_I_GET, 0)
    default: return 0;
    }
#undef RNN_I_GET
}

typedef struct rnn_i_context { /* a row of RNN_I_CONTEXTS         */
    unsigned char each;        /* r holds every state             */
    unsigned char memory;      /* its functions read h, write dh  */
} rnn_i_context;

#define RNN_I_ROW(a, name, text, each, memory) {each, memory},
static const rnn_i_context rnn_i_contexts[] = {RNN_I_CONTEXTS(RNN_I_ROW, 0)};
#undef RNN_I_ROW

/* What a stack reads, and in front of what it stands: reads is the width behind
 * the table, if there is one. All of it is an encoder's; what differs in a
 * decoder is set behind this, and rnn_i_widths adds c and c_t to input_size. */
RNN_I_COLD void rnn_i_set_side(const rnn_model *model, rnn_i_side *s, int input,
                               int size, int width)
{
    s->input = input;
    s->I = size > 0 ? (size_t)size : 0;
    s->E = input == RNN_INPUT_EMBEDDING && width > 0 ? (size_t)width : 0;
    s->reads = input == RNN_I_NOTHING ? 0 : s->E ? s->E : s->I;
    s->stack.cell = (int)model->cell;
    s->stack.input_size = (int)s->reads;
    s->stack.hidden_size = model->hidden_size;
    s->stack.num_layers = model->num_layers;
    s->stack.bidirectional = model->bidirectional;
    s->stack.no_bias = model->no_bias;
    s->stack.dropout = model->dropout;
    s->stack.dropout_last = s->drop_last = 0;
}

/* Every field is in its range, and 0 where the wiring does not read it. */
RNN_I_COLD rnn_status rnn_i_check_fields(const rnn_model *model, rnn_why *why)
{
    rnn_status st = RNN_OK;
    int i;

    for (i = 0; i < RNN_I_FIELDS && !st; i++) {
        const rnn_i_field *f = &rnn_i_fields[i];
        const int v = rnn_i_get_field(model, i);
        st = rnn_i_in(why, f->most == INT_MAX ? RNN_E_SIZE : RNN_E_ARG, f->key,
                      v, f->least, f->most);
        if (st || !v || f->who >> (int)model->wiring & 1)
            continue; /* the wiring itself comes first */
        st = RNN_I_NO(why, RNN_E_ARG, f->key,
                      "@ is #: a model of wiring % does not read it", v, 0);
#ifndef RNN_NO_WHY
        if (why)
            why->of = rnn_i_wirings[model->wiring];
#endif
    }
    return st;
}

/* Fields of every wiring that depend on one another. */
RNN_I_COLD rnn_status rnn_i_check_together(const rnn_model *model, rnn_why *why)
{
    const int given = model->wiring == RNN_WIRING_1_TO_N;
    const int own = given && model->decoder_hidden_size;
    rnn_status st =
        rnn_i_needs(why, model->input == RNN_INPUT_EMBEDDING, "embedding_size",
                    model->embedding_size, "@ is #, but input is no embedding");
    if (!st && !own)
        st = rnn_i_in(why, RNN_E_SIZE, "hidden_size", model->hidden_size, 1,
                      INT_MAX);
    if (!st && own && model->hidden_size &&
        model->hidden_size != model->decoder_hidden_size)
        st = RNN_I_NO(why, RNN_E_ARG, "hidden_size",
                      "@ is #, but decoder_hidden_size is #, and there is one "
                      "stack",
                      model->hidden_size, model->decoder_hidden_size);
    if (!st && given && model->decoder_layers && model->num_layers &&
        model->num_layers != model->decoder_layers)
        st = RNN_I_NO(why, RNN_E_ARG, "num_layers",
                      "@ is #, but decoder_layers is #, and there is one stack",
                      model->num_layers, model->decoder_layers);
    if (!st)
        st = rnn_i_in_real(why, "dropout", model->dropout, 0, 1, 0);
    if (!st && model->dropout > 0 && model->num_layers < 2 &&
        model->decoder_layers < 2)
        st = RNN_I_NO(why, RNN_E_ARG, "dropout",
                      "@ is between layers, and there is one: dropout_last is "
                      "behind the last",
                      0, 0);
    return st ? st
              : rnn_i_in_real(why, "dropout_last", model->dropout_last, 0, 1,
                              0);
}

/* The same of decoders; m has whether c is used. */
RNN_I_COLD rnn_status rnn_i_check_decoder(const rnn_model *model,
                                          const rnn_i_model *m)
{
    rnn_why *why = m->why;
    rnn_status st = rnn_i_needs(
        why, model->target_size && model->target == RNN_INPUT_EMBEDDING,
        "target_embedding_size", model->target_embedding_size,
        "@ is #, but the decoder reads no embedding");

    if (!st && !model->target_size && model->target)
        st = RNN_I_NO(why, RNN_E_ARG, "target", "@ is #, but target_size is 0",
                      model->target, 0);
    if (!st && (model->feed & 6) == 6)
        st = RNN_I_NO(why, RNN_E_ARG, "feed",
                      "@ is #: of FIRST and EACH there can be one", model->feed,
                      0);
    if (!st && !m->uses_c && model->context)
        st = RNN_I_NO(why, RNN_E_ARG, "context",
                      "@ is #, but nothing reads c: set feed", model->context,
                      0);
    if (!st && !m->uses_c && model->context_size)
        st = RNN_I_NO(why, RNN_E_ARG, "context_size",
                      "@ is #, but nothing reads c: set feed",
                      model->context_size, 0);
    if (!st)
        st = rnn_i_needs(why, rnn_i_contexts[model->context].each,
                         "source_steps", model->source_steps,
                         "@ is #, but context is not all");
    if (!st)
        st = rnn_i_needs(why, rnn_i_scores[model->attention].W,
                         "attention_size", model->attention_size,
                         "@ is #, but attention has no size");
    if (!st && model->hand_over & RNN_HAND_CELL && !rnn_i_cells[model->cell].c)
        st = RNN_I_NO(why, RNN_E_ARG, "hand_over",
                      "@ is #, with RNN_HAND_CELL, but the cell has no c",
                      model->hand_over, 0);
    return st;
}

/* The fields that only a decoder has, as far as no size is needed. */
RNN_I_COLD rnn_status rnn_i_describe_decoder(const rnn_model *model,
                                             rnn_i_model *m)
{
    rnn_i_stack *top = &m->top.stack;
    int i;
    rnn_status st;

    m->sources = model->num_sources ? model->num_sources : 1;
    m->hand = model->hand_over;
    m->context = (int)model->context;
    m->attention = (int)model->attention;
    m->feed = model->feed;
    if (!m->feed && !m->attention && !(m->hand & RNN_HAND_LAYERS))
        m->feed = RNN_FEED_STATE;
    if (m->hand & RNN_HAND_LAYERS) /* all layers are handed theirs */
        m->feed &= ~(unsigned)RNN_FEED_STATE;
    m->uses_c = m->feed || (model->head_context && !m->attention);
    m->q = model->context_size > 0;
    st = rnn_i_check_decoder(model, m);
    if (st)
        return st;
    m->keeps = m->attention || (m->uses_c && rnn_i_contexts[m->context].memory);
    for (i = 0; i < m->sources; i++)
        rnn_i_set_side(model, &m->source[i].side, (int)model->input,
                       model->input_size, model->embedding_size);
    rnn_i_set_side(model, &m->top,
                   model->target_size ? (int)model->target : (int)RNN_I_NOTHING,
                   model->target_size, model->target_embedding_size);
    if (model->decoder_hidden_size)
        top->hidden_size = model->decoder_hidden_size;
    if (model->decoder_layers)
        top->num_layers = model->decoder_layers;
    top->bidirectional = 0;
    top->dropout_last = model->dropout_last;
    return RNN_OK;
}

/* The fields of a description, checked as far as no size is needed. */
RNN_I_COLD rnn_status rnn_i_describe(const rnn_model *model, rnn_i_model *m)
{
    const int w = (int)model->wiring;
    rnn_status st = rnn_i_check_fields(model, m->why);

    if (!st)
        st = rnn_i_check_together(model, m->why);
    if (st)
        return st;
    m->decoder = w == RNN_WIRING_1_TO_N || w == RNN_WIRING_N_TO_M;
    m->given = w == RNN_WIRING_1_TO_N;
    m->n_to_1 = w == RNN_WIRING_N_TO_1;
    m->sources = 0;
    m->feed = m->hand = 0;
    m->attention = m->uses_c = m->q = m->keeps = 0;
    m->context = RNN_CONTEXT_LAST;
    if (m->decoder)
        return rnn_i_describe_decoder(model, m);
    rnn_i_set_side(model, &m->top, (int)model->input, model->input_size,
                   model->embedding_size);
    if (m->n_to_1)
        m->top.drop_last = model->dropout_last;
    else
        m->top.stack.dropout_last = model->dropout_last;
    return RNN_OK;
}

/* A stack's parameters end where those of its last layer do. */
RNN_I_COLD size_t rnn_i_stack_params(const rnn_i_lay *y)
{
    rnn_i_layer last;
    rnn_i_layer_at(y, y->L - 1, y->D - 1, &last);
    return last.end;
}

/* The widths of context, and whether they fit where they enter.
 *
 *     K    states of all encoders side by side: [source][direction][H]
 *     R    r; K, or source_steps of a source's states, source after source
 *          (RNN_CONTEXT_ALL); of 1 vs N the given x
 *     C    c; R where there is no q
 *     Z    what the head reads behind the W of the top: c_t (K), or c
 *
 * 0 is what a model does not have. The decoder reads [y_(t-1); c; c_t], and the
 * rows of its W_ih stand in this order. */
RNN_I_COLD rnn_status rnn_i_widths(const rnn_model *model, rnn_i_model *m)
{
    const size_t L = model->num_layers > 0 ? (size_t)model->num_layers : 1;
    const size_t D = model->bidirectional ? 2 : 1;
    const size_t H = model->hidden_size > 0 ? (size_t)model->hidden_size : 0;
    const rnn_i_stack *top = &m->top.stack;
    const size_t Hd = top->hidden_size > 0 ? (size_t)top->hidden_size : 0;
    const size_t Ld = top->num_layers > 0 ? (size_t)top->num_layers : 1;
    size_t in;

    m->K = m->R = m->C = m->Z = 0;
    if (!m->decoder)
        return RNN_OK;
    m->K = m->given ? 0 : rnn_i_times3(H, D, (size_t)m->sources);
    if (m->uses_c) {
        m->R = m->given ? m->source[0].side.reads : m->K;
        if (rnn_i_contexts[m->context].each)
            m->R = rnn_i_times(m->R, (size_t)model->source_steps);
        m->C = m->q ? (size_t)model->context_size : m->R;
    }
    if ((m->feed & RNN_FEED_STATE) && m->C != Hd)
        return RNN_I_NO(m->why, RNN_E_ARG, "context_size",
                        "the context, # numbers, is the state of a decoder of "
                        "#: set @ to that, or another feed",
                        m->C, Hd);
    if ((m->hand & RNN_HAND_LAYERS) && L != Ld)
        return RNN_I_NO(m->why, RNN_E_ARG, "hand_over",
                        "@: # layers to a decoder of #", L, Ld);
    if (m->hand && m->K != Hd)
        return RNN_I_NO(m->why, RNN_E_ARG, "hand_over",
                        "@: states of # numbers to a decoder of #", m->K, Hd);
    if (model->head_context)
        m->Z = m->attention ? m->K : m->C;
    in = rnn_i_plus(m->top.reads, m->attention ? m->K : 0);
    if (m->feed & (RNN_FEED_FIRST | RNN_FEED_EACH))
        in = rnn_i_plus(in, m->C);
    if (in > INT_MAX || m->R > INT_MAX ||
        rnn_i_plus(m->Z, rnn_i_times(Hd, 2)) > INT_MAX)
        return RNN_I_NO(m->why, RNN_E_SIZE, "the decoder",
                        "@ would read more than # numbers", INT_MAX, 0);
    m->top.stack.input_size = (int)in;
    return RNN_OK;
}

/* Takes n numbers of params; returns the offset of the first. Offsets are in
 * numbers, and hold for params, grads and each of the moments alike. */
RNN_I_COLD size_t rnn_i_offset(rnn_i_arena *params, size_t n)
{
    const size_t at = params->n;

    (void)rnn_i_take(params, n);
    return at;
}

/* Encoder i of a model, and its place in params. 1 vs N has no encoder, perhaps
 * a table: there side.y stays unset, and nobody may look at it.
 *
 * Dropout counts layers: those of the top from 0, those of encoder i from
 * (i + 1) 2^16, so that no two draw the same masks. What the head of N vs 1
 * reads has RNN_I_LAST_LAYER. */
RNN_I_COLD rnn_status rnn_i_source_of(rnn_i_model *m, int i,
                                      rnn_i_arena *params)
{
    rnn_i_source *s = &m->source[i];
    rnn_status st;

    s->side.table = rnn_i_offset(params, rnn_i_times(s->side.I, s->side.E));
    s->side.rnn = params->n;
    if (m->given)
        return RNN_OK;
    st = rnn_i_lay_out(&s->side.stack, &s->side.y, m->why);
    if (st)
        return st;
    s->side.y.first_mask = (uint32_t)(i + 1) << 16;
    (void)rnn_i_take(params, rnn_i_stack_params(&s->side.y));
    return RNN_OK;
}

/* Attention over source i: keys are its states, both directions (K = D*H), the
 * query is the state of the decoder's last layer. W, U and v lie one behind the
 * other from s->att on; offsets in look.a count from there. */
RNN_I_COLD rnn_status rnn_i_attention_of(const rnn_model *model, rnn_i_model *m,
                                         int i, rnn_i_arena *params)
{
    rnn_i_source *s = &m->source[i];
    rnn_attention att;
    rnn_status st;

    att.score = model->attention;
    att.query_size = m->top.stack.hidden_size;
    att.key_size = (int)(s->side.y.D * s->side.y.H);
    att.size = model->attention_size;
    st = rnn_i_att_layout(&att, &s->look.a, m->why);
    if (!st)
        s->att = rnn_i_offset(params, s->look.a.params);
    return st;
}

/* Checks a description: everything of a model that does not depend on steps and
 * rows.
 *
 * The order of the rnn_i_offset calls is the layout of params, which
 * RNN_DEFINE_STEP and rnn_model_tensor rely on, and programs that store params
 * as they are. m is not cleared: sizes of a pass come from rnn_i_fit, pointers
 * from the functions that end in _arrays and from rnn_i_model_copies. If it
 * fails, m is half written, and why says what is wrong. */
RNN_I_COLD rnn_status rnn_i_model_of(const rnn_model *model, rnn_i_model *m,
                                     rnn_why *why)
{
    rnn_i_side *top = &m->top;
    rnn_i_arena params = {NULL, 0};
    int i;
    rnn_status st;

    rnn_i_forget(why);
    m->why = why;
    st = model ? rnn_i_describe(model, m) : RNN_I_NO_NULL(why, "model");
    if (!st)
        st = rnn_i_widths(model, m);
    if (!st)
        st = rnn_i_lay_out(&top->stack, &top->y, why);
    for (i = 0; !st && i < m->sources; i++)
        st = rnn_i_source_of(m, i, &params);
    if (st)
        return st;
    m->O = (size_t)model->output_size;
    m->W = top->y.D * top->y.H;
    m->Y = m->O ? m->O : m->W + m->Z;
    m->packed = 0;
    m->bridge = rnn_i_offset(&params,
                             m->q ? rnn_i_times(rnn_i_plus(m->R, 1), m->C) : 0);
    for (i = 0; !st && i < m->sources && m->attention; i++)
        st = rnn_i_attention_of(model, m, i, &params);
    top->table = rnn_i_offset(&params, rnn_i_times(top->I, top->E));
    top->rnn = rnn_i_offset(&params, rnn_i_stack_params(&top->y));
    m->head =
        rnn_i_offset(&params, rnn_i_plus(rnn_i_times(m->W + m->Z, m->O), m->O));
    m->params = params.n;
    if (!st && !rnn_i_fits(params.n))
        st = RNN_I_NO(why, RNN_E_SIZE, "the model",
                      "@ is too large for this machine", 0, 0);
    return st;
}

/* ---- arrays -------------------------------------------------------------- */

/* Each kind of pass takes its arrays from the beginning of the same three
 * pieces of memory, so what one has left is gone when another has run, but for
 * keep and memory, which only their own kind writes:
 *
 *     pass         from keep       from scratch            from memory
 *     training     all of forward  what backward adds
 *     using                        all of forward
 *     encoding                     the encoders            h_j, keys, c
 *     stepping                     z, x, c_t, sorted       the same, read
 *
 * and from scratch, at its end, what products are lent (rnn_i_room_of). A plan
 * counts the greatest of all that its passes take of each piece, so a call has
 * room for any of them, whatever came before it. */

/* What a call hands out arrays for; from RNN_I_ENCODING on, of memory too. */
enum {
    RNN_I_NO_PASS,
    RNN_I_TRAINING, /* forward and backward                    */
    RNN_I_USING,    /* the same forward alone                  */
    RNN_I_ENCODING, /* sources to memory                       */
    RNN_I_STEPPING  /* one step; B are its rows, not the sources' */
};

/* In how many windows a side goes over its steps, `every` at a time (0 or 1:
 * all at once); returns the steps of one, the last of which may be shorter. A
 * reverse direction begins at the end, so with two all is one window. */
RNN_I_COLD size_t rnn_i_windows(rnn_i_side *s, size_t steps, int every,
                                int train)
{
    const size_t k = every > 1 && s->y.D == 1 ? (size_t)every : steps;

    s->windows = k < steps ? (steps - 1) / k + 1 : 1;
    s->begins = train ? s->windows : 1;
    return s->windows > 1 ? k : steps;
}

/* The sizes of a pass of T steps of B rows over sources of S steps, S[i] those
 * of source i; not read where there are none.
 *
 * An encoder has arrays for all its layers in every pass: any layer's final
 * state may be handed over (RNN_HAND_LAYERS). So has a decoder, since it may go
 * a step at a time: layer l of step t reads what layer l of step t - 1 left,
 * and the other layers have run meanwhile. Arrays of two layers in turn
 * (RNN_I_INFER) are enough only where a layer goes over all steps at once. */
RNN_I_COLD void rnn_i_fit(rnn_i_model *m, int pass, size_t T, size_t B,
                          const int *S, int every)
{
    const int train = pass == RNN_I_TRAINING;
    size_t steps;
    int i;

    m->T = T;
    m->B = B;
    m->windows = 0;
    for (i = 0; i < m->sources; i++) {
        rnn_i_side *s = &m->source[i].side;
        m->source[i].S = (size_t)S[i];
        s->windows = s->begins = 1;
        if (m->given)
            continue;
        steps = rnn_i_windows(s, (size_t)S[i], every, train);
        m->windows |= s->windows > 1;
        rnn_i_stack_fit(&s->y, &s->stack, steps, B,
                        train && s->windows > 1 ? (int)RNN_I_STEPWISE
                                                : (int)RNN_I_TRAIN,
                        train);
    }
    steps = rnn_i_windows(&m->top, T, every, train);
    m->windows |= m->top.windows > 1;
    rnn_i_stack_fit(&m->top.y, &m->top.stack, steps, B,
                    pass == RNN_I_STEPPING ? (int)RNN_I_INFER
                    : m->decoder || (train && m->top.windows > 1)
                        ? (int)RNN_I_STEPWISE
                    : train ? (int)RNN_I_TRAIN
                            : (int)RNN_I_INFER,
                    train);
}

/* What encode leaves for the steps of a decoder, of sources of B rows: the
 * states h_j (S, B, K) where something reads them, keys U h_j (S, B, A), c (B,
 * C). rnn_encode and rnn_step call this with the same sizes, so a step finds
 * each at the place where encode has put it; S and B are then those of the
 * sources, not of the step. In a pass that encodes for itself all this is part
 * of keep, or of scratch. */
RNN_I_COLD void rnn_i_memory_arrays(rnn_i_model *m, size_t B, rnn_i_arena *a)
{
    int i;

    for (i = 0; i < m->sources; i++) {
        rnn_i_source *s = &m->source[i];
        const rnn_i_att *att = &s->look.a;
        s->memory = rnn_i_take(
            a, m->keeps ? rnn_i_times3(s->S, B, s->side.y.D * s->side.y.H) : 0);
        s->look.keys = rnn_i_take(
            a, m->attention && att->row->U ? rnn_i_times3(s->S, B, att->A) : 0);
    }
    m->c = rnn_i_take(a, rnn_i_times(B, m->C));
}

/* The states at which a side's windows begin. */
RNN_I_COLD void rnn_i_begin_arrays(rnn_i_side *s, rnn_i_arena *a)
{
    const size_t n = rnn_i_times3(s->begins, s->y.L, s->y.state);

    s->h0 = rnn_i_take(a, n);
    s->c0 = rnn_i_take(a, rnn_i_times(n, s->y.C));
}

/* Encoders, context and bridge; scratch NULL: without a way back. S and T are
 * those of a window where an array belongs to a stack: here its table's rows
 * and their gradient; below queries and contexts, too.
 *
 *     keep       r (B, R), h0 and c0 (L, B, H) of the decoder; of each source
 *                its table's rows (S, B, E), and what its stack keeps
 *     scratch    dc (B, C), dr (B, R); of each source what its stack needs, dx
 *                (S, B, E), dmemory (S, B, K), dhn and dcn (L*D, B, H)
 *
 * Without q, c is r, and dr is dc: R = C, and one array serves both. */
RNN_I_COLD void rnn_i_encoder_arrays(rnn_i_model *m, rnn_i_arena *keep,
                                     rnn_i_arena *scratch)
{
    const size_t B = m->B;
    int i;

    m->r = rnn_i_take(keep, rnn_i_times(B, m->R));
    rnn_i_begin_arrays(&m->top, keep);
    if (scratch) {
        m->dc = rnn_i_take(scratch, rnn_i_times(B, m->C));
        m->dr = m->q ? rnn_i_take(scratch, rnn_i_times(B, m->R)) : m->dc;
    }
    for (i = 0; i < m->sources; i++) {
        rnn_i_source *s = &m->source[i];
        rnn_i_lay *y = &s->side.y;
        const size_t rows = rnn_i_times(m->given ? 1 : y->T, B);
        size_t states;
        s->side.x = rnn_i_take(keep, rnn_i_times(rows, s->side.E));
        if (m->given)
            continue;
        rnn_i_stack_arrays(y, keep, scratch);
        if (s->side.windows > 1)
            rnn_i_begin_arrays(&s->side, keep);
        if (!scratch)
            continue;
        states = rnn_i_times3(y->L, y->D, y->state);
        s->side.dx = rnn_i_take(scratch, rnn_i_times(rows, s->side.E));
        s->dmemory = rnn_i_take(
            scratch, m->keeps ? rnn_i_times3(s->S, B, y->D * y->H) : 0);
        s->dhn = rnn_i_take(scratch, states);
        s->dcn = rnn_i_take(scratch, rnn_i_times(states, y->C));
    }
}

/* The decoder and its attention: queries (T, B, A), weights (T, B, S) and
 * contexts (T, B, K) of every step are kept, since backward starts at the last.
 * The scores are not: weights stand in their place. */
RNN_I_COLD void rnn_i_decoder_arrays(rnn_i_model *m, rnn_i_arena *keep,
                                     rnn_i_arena *scratch)
{
    const size_t rows = rnn_i_times(m->top.y.T, m->B), B = m->B;
    const size_t all = scratch ? rnn_i_times(m->T, B) : rows;
    const int late = m->top.windows > 1 && m->feed & RNN_FEED_EACH;
    int i;

    for (i = 0; i < m->sources && m->attention; i++) {
        rnn_i_source *s = &m->source[i];
        rnn_i_look *k = &s->look;
        const size_t A = k->a.A, K = k->a.K;
        k->query = rnn_i_take(keep, rnn_i_times(rows, A));
        s->attn = rnn_i_take(keep, rnn_i_times(all, s->S));
        k->context = rnn_i_take(keep, rnn_i_times(rows, K));
        if (!scratch)
            continue;
        k->dkeys = rnn_i_take(scratch, rnn_i_times3(s->S, B, A));
        k->dquery = rnn_i_take(scratch, rnn_i_times(rows, A));
        s->dcontext = rnn_i_take(scratch, rnn_i_times(all, K));
        k->dv = rnn_i_take(scratch, rnn_i_times(B, A));
        k->de = rnn_i_take(scratch, rnn_i_times(B, s->S));
    }
    m->top.x = rnn_i_take(keep, rnn_i_times(rows, m->top.E));
    rnn_i_stack_arrays(&m->top.y, keep, scratch);
    if (!scratch)
        return;
    m->top.dx = rnn_i_take(scratch, rnn_i_times(rows, m->top.E));
    m->dz = rnn_i_take(
        scratch, late ? rnn_i_times3(m->T, m->top.y.state, m->top.y.K) : 0);
}

/* The same without a decoder. last (B, W) is what the head of N vs 1 reads, a
 * copy, since dropout masks it; dhn (L*D, B, H) is where its gradient joins
 * what flows in from the caller. */
RNN_I_COLD void rnn_i_plain_arrays(rnn_i_model *m, rnn_i_arena *keep,
                                   rnn_i_arena *scratch)
{
    const size_t rows = rnn_i_times(m->top.y.T, m->B);
    const size_t last = m->n_to_1 ? rnn_i_times(m->B, m->W) : 0;
    const rnn_i_lay *y = &m->top.y;

    rnn_i_stack_arrays(&m->top.y, keep, scratch);
    m->top.x = rnn_i_take(keep, rnn_i_times(rows, m->top.E));
    m->last = rnn_i_take(keep, last);
    if (m->top.windows > 1)
        rnn_i_begin_arrays(&m->top, keep);
    if (!scratch)
        return;
    m->top.dx = rnn_i_take(scratch, rnn_i_times(rows, m->top.E));
    m->dlast = rnn_i_take(scratch, last);
    m->dhn =
        rnn_i_take(scratch, m->n_to_1 ? rnn_i_times3(y->L, y->D, y->state) : 0);
}

/* One step of B rows. z is one layer's: the next writes over it, as nothing
 * goes back. States are the caller's. fed (B, C) is each row's copy of its
 * source's c. RNN_SCRATCH_STEP and RNN_DECODER_SCRATCH_STEP must hold what this
 * takes. */
RNN_I_COLD void rnn_i_step_arrays(rnn_i_model *m, rnn_i_arena *a)
{
    int i;

    m->top.x = rnn_i_take(a, rnn_i_times(m->B, m->top.E));
    m->top.y.z = rnn_i_take(a, rnn_i_times(m->top.y.K, m->top.y.state));
    m->fed = rnn_i_take(a, rnn_i_times(m->B, m->C));
    for (i = 0; i < m->sources && m->attention; i++) {
        rnn_i_source *s = &m->source[i];
        s->look.context = rnn_i_take(a, rnn_i_times(m->B, s->look.a.K));
        s->look.query = rnn_i_take(a, rnn_i_times(m->B, s->look.a.A));
        s->look.attn = rnn_i_take(a, rnn_i_times(m->B, s->S));
    }
}

/* Copies of the weights, and in training of what else backward reads: W and U
 * of attention, Q, V, each transposed. Forward reads these four as they are.
 *
 * rnn_bind alone hands these out; they stay where they are from call to call,
 * and `train` is the plan's, so that rnn_pack and a forward pass find the same
 * places. */
RNN_I_COLD void rnn_i_model_copies(rnn_i_model *m, const rnn_most *most,
                                   rnn_i_arena *a)
{
    const int train = most->train, half = most->packed == RNN_PACK_BF16;
    int i;

    (void)rnn_i_take(a, RNN_I_STAMP);
    for (i = 0; i < m->sources && !m->given; i++) {
        rnn_i_source *s = &m->source[i];
        const rnn_i_att *att = &s->look.a;
        rnn_i_stack_copies(&s->side.y, train, half, a);
        s->look.W_t =
            rnn_i_take(a, train && m->attention && att->row->W ? att->U : 0);
        s->look.U_t = rnn_i_take(
            a, train && m->attention && att->row->U ? att->v - att->U : 0);
    }
    rnn_i_stack_copies(&m->top.y, train, half, a);
    m->bridge_t = rnn_i_take(a, train && m->q ? rnn_i_times(m->R, m->C) : 0);
    m->head_t = rnn_i_take(a, train ? rnn_i_times(m->W + m->Z, m->O) : 0);
}

/* The three pieces of memory that a pass takes its arrays from. */
typedef struct rnn_i_arenas {
    rnn_i_arena keep, scratch, memory;
} rnn_i_arenas;

/* How many numbers a pass lends to its products: in training for the copies of
 * large factors, where weights are packed; where they are in halves for panels,
 * of passes with so many rows that these are worth it. */
RNN_I_COLD size_t rnn_i_room_of(const rnn_i_model *m, int pass, int packed)
{
    int i, some = m->B > 3 || rnn_i_times(m->T, m->B) >= RNN_I_FEW;

    if (pass == RNN_I_TRAINING)
        return packed == RNN_PACK_FLOAT ? RNN_I_ROOM(m->top.y.H) : 0;
    for (i = 0; i < m->sources && pass != RNN_I_STEPPING; i++)
        some |= rnn_i_times(m->source[i].S, m->B) >= RNN_I_FEW;
    return packed == RNN_PACK_BF16 && some ? RNN_SCRATCH_BF16 : 0;
}

/* All arrays of a pass that the model has been fitted to; `rows` of the sources
 * in memory.
 *
 * What backward reads goes to keep in training and, with all else, to scratch
 * where there is no backward: so rnn_infer between forward and backward spoils
 * nothing. What products are lent comes last. */
RNN_I_COLD void rnn_i_arrays(rnn_i_model *m, int pass, size_t rows, int packed,
                             rnn_i_arenas *a)
{
    const int train = pass == RNN_I_TRAINING;
    rnn_i_arena *keep = train ? &a->keep : &a->scratch;
    rnn_i_arena *scratch = train ? &a->scratch : NULL;

    if (train)
        (void)rnn_i_take(keep, RNN_I_STAMP);
    if (m->decoder)
        rnn_i_memory_arrays(m, rows,
                            pass >= RNN_I_ENCODING ? &a->memory : keep);
    if (pass == RNN_I_STEPPING) {
        rnn_i_step_arrays(m, &a->scratch);
    } else if (!m->decoder) {
        rnn_i_plain_arrays(m, keep, scratch);
    } else {
        rnn_i_encoder_arrays(m, keep, scratch);
        if (pass != RNN_I_ENCODING)
            rnn_i_decoder_arrays(m, keep, scratch);
    }
    m->room_len = rnn_i_room_of(m, pass, packed);
    m->room = rnn_i_take(&a->scratch, m->room_len);
}

/* ---- plan and bind ------------------------------------------------------- */

/* A stamp is three numbers in front of keep and of packed: what is there, and a
 * hash of whom it is for. It lies in the array, not in the work, so that what
 * another plan has written there, or copies that were moved, are found out.
 *
 *     keep      blank -> ready (forward) -> used (backward) -> ready ...
 *     packed    blank -> ready (rnn_pack) -> blank (forward makes its own)
 *
 * keep is for a plan, a sequence and a place in a line (rnn_i_hash_pass);
 * backward turns the gates in it into their gradients, so it can be used once.
 * packed is for a plan and an address: where in it a copy begins depends on
 * where cache lines are, so a moved array would be read at the wrong places.
 * Whether the weights are still those that were copied, no stamp knows.
 */

/* A hash of what must be the same in two calls; it stands in front of an array,
 * in pieces of 16 bits, which every number holds. */
RNN_I_COLD uint32_t rnn_i_mix(uint32_t hash, uint32_t value)
{
    hash = (hash ^ value) * 0x9e3779b1u;
    return hash ^ hash >> 15;
}

/* The same of a number, by its bits. */
RNN_I_COLD uint32_t rnn_i_mix_real(uint32_t hash, rnn_real x)
{
    const uint64_t bits = rnn_i_to_bits(x);
    return rnn_i_mix(rnn_i_mix(hash, (uint32_t)bits), (uint32_t)(bits >> 32));
}

/* What tells one plan from another: never 0, which is none. */
RNN_I_COLD uint32_t rnn_i_hash_plan(const rnn_model *model, const rnn_most *n)
{
#define RNN_I_MIX(a, name, ...)                                                \
    hash = rnn_i_mix(hash, (uint32_t)model->name);
    uint32_t hash = 1;

    RNN_I_FIELDS_OF(RNN_I_MIX, 0)
#undef RNN_I_MIX
    hash = rnn_i_mix_real(hash, model->dropout);
    hash = rnn_i_mix_real(hash, model->dropout_last);
    hash = rnn_i_mix(hash, (uint32_t)n->steps);
    hash = rnn_i_mix(hash, (uint32_t)n->batch);
    hash = rnn_i_mix(hash, (uint32_t)n->source_steps);
    hash = rnn_i_mix(hash, (uint32_t)n->rows);
    hash = rnn_i_mix(hash, (uint32_t)n->tokens);
    hash = rnn_i_mix(hash, (uint32_t)n->train);
    hash = rnn_i_mix(hash, (uint32_t)n->moments);
    hash = rnn_i_mix(hash, (uint32_t)n->packed);
    hash = rnn_i_mix(hash, (uint32_t)n->keep_every);
    return hash ? hash : 1;
}

/* What a stamp says: nothing yet; what is behind it can be used; it was. */
enum { RNN_I_BLANK, RNN_I_READY, RNN_I_USED };

/* Writes what an array holds, and for whom, in front of it. Hashes go in halves
 * of 16 bits, which every rnn_real holds exactly. */
RNN_I_COLD void rnn_i_stamp(rnn_real *at, int says, uint32_t hash)
{
    if (!at)
        return;
    at[0] = (rnn_real)says;
    at[1] = (rnn_real)(hash >> 16);
    at[2] = (rnn_real)(hash & 0xffffu);
}

/* What the stamp says; -1: it has another hash. BLANK is for nobody, so its
 * hash is not looked at. */
RNN_I_COLD int rnn_i_stamped(const rnn_real *at, uint32_t hash)
{
    const int says = (int)at[0];

    return says != RNN_I_BLANK && (at[1] != (rnn_real)(hash >> 16) ||
                                   at[2] != (rnn_real)(hash & 0xffffu))
               ? -1
               : says;
}

/* 0 means 1 in descriptions. */
RNN_I_COLD int rnn_i_or_one(int n)
{
    return n ? n : 1;
}

/* The greatest of what a pass takes of each array, as far as the plan goes. A
 * plan counts with its most steps and rows: a call with fewer of any of them
 * takes no more. Encoding and stepping have T = 1. */
RNN_I_COLD void rnn_i_count_pass(rnn_i_model *m, int pass, const rnn_most *most,
                                 rnn_i_arenas *greatest)
{
    int S[RNN_MAX_SOURCES], i;
    rnn_i_arenas a = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    const size_t B = (size_t)most->batch;

    for (i = 0; i < RNN_MAX_SOURCES; i++)
        S[i] = most->source_steps;
    rnn_i_fit(m, pass, pass >= RNN_I_ENCODING ? 1 : (size_t)most->steps,
              pass == RNN_I_STEPPING ? (size_t)most->rows : B, S,
              most->keep_every);
    rnn_i_arrays(m, pass, B, (int)most->packed, &a);
    greatest->keep.n = rnn_i_most(greatest->keep.n, a.keep.n);
    greatest->scratch.n = rnn_i_most(greatest->scratch.n, a.scratch.n);
    greatest->memory.n = rnn_i_most(greatest->memory.n, a.memory.n);
}

/* What a beam search takes of scratch behind the n numbers of a step, and of
 * ints: [BEAM]. */
RNN_I_COLD size_t rnn_i_beam_count(const rnn_i_model *m, const rnn_most *most,
                                   size_t n, size_t *ints);

/* Every size of a plan whose model and most are checked. They saturate;
 * rnn_plan looks at z->all, which holds all arrays but ints, once at the end.
 *
 * A step's scratch has the O numbers of m->sorted behind its arrays, as in
 * rnn_i_hand_out, and a beam search goes on behind those. logits serve passes
 * and steps, so they hold the rows of whichever is more. The list of take_lines
 * is that of rnn_i_place_all: they must not differ. */
RNN_I_COLD void rnn_i_count_all(const rnn_most *most, rnn_i_model *m,
                                rnn_sizes *z)
{
    rnn_i_arenas a = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    const rnn_i_lay *y = &m->top.y;
    const size_t B = (size_t)most->batch, rows = (size_t)most->rows;
    const size_t out = m->n_to_1 ? B : rnn_i_times((size_t)most->steps, B);
    rnn_i_arena packed = {NULL, 0}, all = {NULL, 0};
    size_t beam;

    rnn_i_count_pass(m, RNN_I_STEPPING, most, &a);
    z->step = rnn_i_plus(a.scratch.n, m->O);
    a.scratch.n = z->step;
    beam = rnn_i_beam_count(m, most, z->step, &z->ints);
    a.scratch.n = rnn_i_most(a.scratch.n, beam);
    rnn_i_count_pass(m, RNN_I_USING, most, &a); /* encoding takes less */
    if (most->train)
        rnn_i_count_pass(m, RNN_I_TRAINING, most, &a);
    if (most->packed != RNN_PACK_NONE)
        rnn_i_model_copies(m, most, &packed);
    z->params = m->params;
    z->moments = rnn_i_times((size_t)most->moments, m->params);
    z->state = rnn_i_times3(y->L * y->D, B, y->H);
    y = &m->source[0].side.y;
    z->source_state =
        m->sources && !m->given ? rnn_i_times3(y->L * y->D, B, y->H) : 0;
    z->packed = packed.n;
    z->logits = rnn_i_times(rnn_i_most(out, rows), m->Y);
    z->keep = a.keep.n;
    z->scratch = a.scratch.n;
    z->memory = a.memory.n;
    (void)rnn_i_take_lines(&all, z->params);
    (void)rnn_i_take_lines(&all, most->train ? z->params : 0);
    (void)rnn_i_take_lines(&all, z->moments);
    (void)rnn_i_take_lines(&all, z->packed);
    (void)rnn_i_take_lines(&all, z->logits);
    (void)rnn_i_take_lines(&all, most->train ? z->logits : 0);
    (void)rnn_i_take_lines(&all, z->keep);
    (void)rnn_i_take_lines(&all, z->scratch);
    (void)rnn_i_take_lines(&all, z->memory);
    z->all = all.n;
}

/* How many numbers, or tokens, the caller's array has for a row. */
RNN_I_COLD size_t rnn_i_width_of(const rnn_i_side *s)
{
    return s->input == RNN_INPUT_DENSE ? s->I : 1;
}

/* Whether the sequences that a plan allows can be arrays. */
RNN_I_COLD int rnn_i_inputs_fit(const rnn_i_model *m, const rnn_most *most)
{
    const size_t B = (size_t)most->batch, T = (size_t)most->steps;
    const size_t S = (size_t)most->source_steps, rows = (size_t)most->rows;
    const size_t width = rnn_i_width_of(&m->top);

    return rnn_i_fits(rnn_i_times3(T, B, width)) &&
           rnn_i_fits(rnn_i_times(rows, width)) &&
           (!m->sources ||
            rnn_i_fits(rnn_i_times3(S, B, rnn_i_width_of(&m->source[0].side))));
}

/* How much a plan is for. */
RNN_I_COLD rnn_status rnn_i_check_limits(const rnn_most *n, rnn_why *why)
{
    const struct {
        const char *name;
        int v, most;
    } fields[] = {{"steps", n->steps, INT_MAX},
                  {"batch", n->batch, INT_MAX},
                  {"source_steps", n->source_steps, INT_MAX},
                  {"rows", n->rows, INT_MAX},
                  {"tokens", n->tokens, INT_MAX},
                  {"moments", n->moments, INT_MAX},
                  {"train", n->train, 1},
                  {"packed", (int)n->packed, RNN_PACK_BF16}};
    rnn_status st = RNN_OK;
    size_t i;

    for (i = 0; i < sizeof fields / sizeof fields[0] && !st; i++)
        st = rnn_i_in(why, fields[i].most == INT_MAX ? RNN_E_SIZE : RNN_E_ARG,
                      fields[i].name, fields[i].v, 0, fields[i].most);
    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "keep_every", n->keep_every,
                      RNN_KEEP_LEAST, INT_MAX);
    return st;
}

/* What a plan packs, if anything. */
RNN_I_COLD rnn_status rnn_i_check_packing(const rnn_most *n, rnn_why *why)
{
    if (n->packed != RNN_PACK_BF16)
        return RNN_OK;
    if (sizeof(rnn_real) != sizeof(float))
        return RNN_I_NO(why, RNN_E_UNSUPPORTED, "packed",
                        "@ is RNN_PACK_BF16, half a float, but numbers are "
                        "doubles here",
                        0, 0);
    return n->train
               ? RNN_I_NO(why, RNN_E_ARG, "train",
                          "@ is 1, but RNN_PACK_BF16 is for use alone", 0, 0)
               : RNN_OK;
}

/* The keep_every with which training takes the least memory: tried one by one
 * up to 16, then in steps of a sixteenth. */
RNN_I_COLD int rnn_i_least_windows(rnn_i_model *m, rnn_most n)
{
    const size_t all = rnn_i_most((size_t)n.steps, (size_t)n.source_steps);
    size_t k, least = (size_t)-1;
    int best = 0;

    for (k = 1; k <= all; k += 1 + k / 16) {
        rnn_i_arenas a = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
        n.keep_every = (int)k;
        rnn_i_count_pass(m, RNN_I_TRAINING, &n, &a);
        a.keep.n = rnn_i_plus(a.keep.n, a.scratch.n);
        if (a.keep.n < least) {
            least = a.keep.n;
            best = n.keep_every;
        }
    }
    return best;
}

/* Describe, check the counts, count: nothing but why is written to net before
 * all is known to be right. */
RNNDEF rnn_status rnn_plan(rnn_net *net, const rnn_model *model,
                           const rnn_most *most)
{
    static const rnn_most least = {0, 0, 0, 0, 0, 0, 0, RNN_PACK_FLOAT, 0};
    rnn_i_model m;
    rnn_most n = most ? *most : least;
    rnn_sizes z;
    rnn_status st;

    if (!net)
        return RNN_E_ARG;
    st = rnn_i_model_of(model, &m, &net->why);
    if (!st)
        st = rnn_i_check_limits(&n, &net->why);
    if (!st)
        st = rnn_i_check_packing(&n, &net->why);
    if (st)
        return st;
    n.steps = rnn_i_or_one(n.steps);
    n.batch = rnn_i_or_one(n.batch);
    n.source_steps = m.given ? 1 : rnn_i_or_one(n.source_steps);
    n.rows = n.rows ? n.rows : n.batch;
    if (n.keep_every == RNN_KEEP_LEAST)
        n.keep_every = rnn_i_least_windows(&m, n);
    rnn_i_count_all(&n, &m, &z);
    if (!rnn_i_inputs_fit(&m, &n) || !rnn_i_fits(z.all) ||
        !rnn_i_fits(z.state) || z.ints > (size_t)PTRDIFF_MAX / sizeof(int))
        return RNN_I_NO(&net->why, RNN_E_SIZE, "the arrays",
                        "@ of # steps of # rows are too large for this machine",
                        n.steps, n.batch);
    net->model = *model;
    net->most = n;
    net->sizes = z;
    net->id = rnn_i_hash_plan(model, &n);
    return RNN_OK;
}

#ifdef RNN_CHECK
RNN_I_FN uint32_t rnn_i_hash_reals(const rnn_real *x, size_t n)
{
    uint32_t hash = 1;

    while (n)
        hash = rnn_i_mix_real(hash, x[--n]);
    return hash;
}

RNN_I_FN uint32_t rnn_i_hash_weights(const rnn_work *work)
{
    return rnn_i_hash_reals(work->weights, work->i.m.params);
}

/* 0 where all are 0, which may be added to whoever has written them. */
RNN_I_FN uint32_t rnn_i_hash_grads(const rnn_work *work)
{
    const size_t n = work->i.m.params;
    size_t i = 0;

    while (i < n && work->grads[i] == 0)
        i++;
    return i < n ? rnn_i_hash_reals(work->grads, n) | 1u : 0;
}

/* Where an array is that must stay there; of packed, its stamp tells. */
RNN_I_FN uint32_t rnn_i_place_of(const rnn_work *work, int i, const char **name)
{
    static const char *const names[] = {"params", "keep", "scratch",
                                        "work.memory"};
    const rnn_real *const at[] = {work->params, work->keep, work->scratch,
                                  work->memory};

    *name = names[i];
    return rnn_i_mix(1, (uint32_t)(uintptr_t)at[i]);
}

/* NaN, which whoever reads what nobody has written gets. */
RNN_I_COLD void rnn_i_fill(rnn_real *to, size_t n)
{
    const rnn_real nan = rnn_i_sub(RNN_I_ENDLESS, RNN_I_ENDLESS);

    while (to && n)
        to[--n] = nan;
}
#endif

/* An array of n numbers: one that is set must be as long, another gets its
 * place; without `set` they are only counted. The first thing that is wrong
 * does not end the walk; *st remembers it. */
RNN_I_COLD void rnn_i_place(rnn_real **p, size_t *len, size_t n,
                            const char *name, int set, rnn_i_arena *a,
                            rnn_why *why, rnn_status *st)
{
    rnn_real *to;

    (void)name, (void)why;
    if (*p) {
        if (*len < n)
            *st = RNN_I_NO_ROOM(why, name, *len, n);
        return;
    }
    to = rnn_i_take_lines(a, n);
    if (set) {
#ifdef RNN_CHECK
        rnn_i_fill(to, n);
#endif
        *p = n ? to : NULL;
        *len = n;
    }
}

#ifdef RNN_CHECK
/* That no two arrays of the caller's meet, as far as a plan needs them. */
RNN_I_COLD rnn_status rnn_i_check_apart(const rnn_net *net, rnn_work *w)
{
    const rnn_sizes *z = &net->sizes;
    const size_t train = net->most.train ? 1 : 0;
    const struct {
        const char *name;
        const rnn_real *p;
        size_t n;
    } a[] = {{"params", w->params, w->weights ? 0 : z->params},
             {"grads", w->grads, train * z->params},
             {"moments", w->moments, z->moments},
             {"packed", w->packed, z->packed},
             {"logits", w->logits, z->logits},
             {"dlogits", w->dlogits == w->logits ? NULL : w->dlogits,
              train * z->logits}, /* may be logits */
             {"keep", w->keep, z->keep},
             {"scratch", w->scratch,
              w->scratch_len < z->scratch ? w->scratch_len : z->scratch},
             {"memory", w->memory, z->memory}};
    size_t i, k;

    for (i = 0; i < sizeof a / sizeof a[0]; i++)
        for (k = 0; a[i].p && k < i; k++)
            if (a[k].p && a[i].p < a[k].p + a[k].n &&
                a[k].p < a[i].p + a[i].n) {
                const rnn_status st = RNN_I_NO(&w->why, RNN_E_ARG, a[k].name,
                                               "@ and % overlap", 0, 0);
#ifndef RNN_NO_WHY
                w->why.of = a[i].name;
#endif
                return st;
            }
    return RNN_OK;
}
#endif

/* All arrays of a work in the order of rnn_sizes; without `set` they are only
 * counted, so that rnn_bind knows what is missing before it changes anything.
 */
RNN_I_COLD rnn_status rnn_i_place_all(const rnn_net *net, rnn_work *w, int set,
                                      rnn_i_arena *a)
{
    const rnn_sizes *z = &net->sizes;
    const size_t n = net->most.train ? z->params : 0;
    rnn_status st = RNN_OK;

    if (w->weights && w->weights_len < z->params)
        st = RNN_I_NO_ROOM(&w->why, "weights", w->weights_len, z->params);
#define RNN_I_PLACE(array, n)                                                  \
    rnn_i_place(&w->array, &w->array##_len, n, #array, set, a, &w->why, &st)
    RNN_I_PLACE(params, w->weights ? 0 : z->params);
    RNN_I_PLACE(grads, n);
    RNN_I_PLACE(moments, z->moments);
    RNN_I_PLACE(packed, z->packed);
    RNN_I_PLACE(logits, z->logits);
    RNN_I_PLACE(dlogits, net->most.train ? z->logits : 0);
    RNN_I_PLACE(keep, z->keep);
    if (!w->scratch)
        RNN_I_PLACE(scratch, z->scratch);
    RNN_I_PLACE(memory, z->memory);
#undef RNN_I_PLACE
    return st;
}

/* A work of this plan that no call has used. */
RNN_I_FN void rnn_i_nothing_yet(const rnn_net *net, rnn_work *work)
{
    rnn_i_open *o = &work->i;
    int i;

    o->net = net;
    o->id = net->id;
    o->packed = work->packed;
    o->pass = o->out = RNN_I_NO_PASS;
    o->out_steps = o->out_batch = 0;
    o->rows = o->grads = o->lost = 0;
    o->stale = o->spent = 0;
    for (i = 0; i < RNN_MAX_SOURCES; i++) {
        o->seen[i] = 0;
        o->seen_lengths[i] = NULL;
    }
#ifdef RNN_CHECK
    for (i = 0; i < 4; i++) {
        const char *name;
        o->places[i] = rnn_i_place_of(work, i, &name);
    }
#endif
}

/* Places what the caller has not, describes the model once more, for pointers
 * this time, and lays out the copies of the weights, since these stay where
 * they are. All other arrays are handed out call by call. Both stamps begin
 * BLANK: what lies in the arrays is of no call of this work. */
RNNDEF rnn_status rnn_bind(const rnn_net *net, rnn_work *work, rnn_real *memory,
                           size_t len)
{
    const rnn_real *const weights = work ? work->weights : NULL;
    rnn_i_arena a = {NULL, 0};
    rnn_i_open *o;
    rnn_status st;

    if (!work)
        return RNN_E_ARG;
    rnn_i_forget(&work->why);
    if (!net)
        return RNN_I_NO_NULL(&work->why, "net");
    if (!net->id)
        return RNN_I_NO(&work->why, RNN_E_ORDER, "net",
                        "@ has not been planned", 0, 0);
    if (weights && weights == work->i.params)
        work->weights = NULL; /* an earlier call has set it */
    st = rnn_i_place_all(net, work, 0, &a);
#ifdef RNN_CHECK
    if (!st)
        st = rnn_i_check_apart(net, work);
#endif
    if (!st && a.n > (memory ? len : 0))
        st = RNN_I_NO_ROOM(&work->why, "rnn_bind's memory", memory ? len : 0,
                           a.n);
    if (!st)
        st = rnn_i_model_of(&net->model, &work->i.m, &work->why);
    if (st) {
        work->weights = weights;
        return st;
    }
    a.base = memory;
    a.n = 0;
    (void)rnn_i_place_all(net, work, 1, &a);
    o = &work->i;
    o->params = NULL;
    if (!work->weights) {
        work->weights = o->params = work->params;
        work->weights_len = work->params_len;
    }
    rnn_i_nothing_yet(net, work);
    a.base = net->sizes.packed ? work->packed : NULL;
    a.n = 0;
    rnn_i_model_copies(&o->m, &net->most, &a);
    rnn_i_stamp(a.base, RNN_I_BLANK, 0);
    rnn_i_stamp(net->sizes.keep ? work->keep : NULL, RNN_I_BLANK, 0);
    return RNN_OK;
}

/* ---- the checks of a call ------------------------------------------------ */

/* Lends a call what its pass has for its products. Parts cut it up among them
 * (rnn_i_one_part), and whose piece is too short goes without: slower, with the
 * same bits. */
RNN_I_INLINE void rnn_i_lend(const rnn_i_model *m, rnn_i_call *call)
{
    call->room_len = m->room_len;
    call->room = m->room_len ? m->room : NULL;
}

/* Hands out the arrays of a pass: m's pointers and sizes. B is rows of the step
 * in RNN_I_STEPPING, of the sequences else. With scratch too short, pointers
 * may lie outside; o->pass says then that nothing has been handed out, so none
 * is used. */
RNN_I_COLD rnn_status rnn_i_lay_anew(const rnn_net *net, rnn_work *work,
                                     int pass, size_t T, size_t B, const int *S)
{
    rnn_i_open *o = &work->i;
    rnn_i_model *m = &o->m;
    rnn_i_arenas a;

    o->pass = RNN_I_NO_PASS;
    a.keep.base = work->keep;
    a.scratch.base = work->scratch;
    a.memory.base = work->memory;
    a.keep.n = a.scratch.n = a.memory.n = 0;
    rnn_i_fit(m, pass, T, B, S, net->most.keep_every);
    rnn_i_arrays(m, pass, pass == RNN_I_STEPPING ? (size_t)o->rows : B,
                 (int)net->most.packed, &a);
    m->sorted = pass == RNN_I_STEPPING ? rnn_i_take(&a.scratch, m->O) : NULL;
    if (a.keep.n > work->keep_len)
        return RNN_I_NO_ROOM(&work->why, "keep", work->keep_len, a.keep.n);
    if (a.scratch.n > work->scratch_len)
        return RNN_I_NO_ROOM(&work->why, "scratch", work->scratch_len,
                             a.scratch.n);
    if (a.memory.n > work->memory_len)
        return RNN_I_NO_ROOM(&work->why, "memory", work->memory_len,
                             a.memory.n);
    o->pass = pass;
    o->taken = a.scratch.n;
    return RNN_OK;
}

/* The same, if the call before has not left just these. o->rows need not be
 * compared: rnn_encode and rnn_bind change it, and leave another pass.
 *
 * backward calls this too, and gets the places at which forward has written,
 * even if other kinds of passes have run between: same sizes, same order. */
RNN_I_FN rnn_status rnn_i_hand_out(const rnn_net *net, rnn_work *work, int pass,
                                   size_t T, size_t B, const int *S)
{
    const rnn_i_open *o = &work->i;
    const rnn_i_model *m = &o->m;
    int i, same = o->pass == pass && m->T == T && m->B == B;

    for (i = 0; same && i < m->sources; i++)
        same = m->source[i].S == (size_t)S[i];
    return same ? RNN_OK : rnn_i_lay_anew(net, work, pass, T, B, S);
}

/* What a stack reads in place of the caller's sequence: its table's rows.
 * Lengths, states and the rest are the caller's. ids are set only where layer 0
 * gathers rows of W_ih, which is how [STACK] tells a one-hot input: x NULL. */
RNN_I_FN void rnn_i_inner(const rnn_i_side *s, const rnn_seq *seq,
                          rnn_seq *inner)
{
    *inner = *seq;
    if (s->E) /* its own rows are time-major */
        inner->step_stride = inner->row_stride = 0;
    inner->ids = s->input == RNN_INPUT_ONE_HOT ? seq->ids : NULL;
    inner->x = s->E ? s->x : s->input == RNN_INPUT_DENSE ? seq->x : NULL;
}

/* What rnn_i_check_seq wants to know of what a side reads. */
RNN_I_FN int rnn_i_wants(const rnn_i_side *s)
{
    return s->input == RNN_I_NOTHING     ? -1
           : s->input == RNN_INPUT_DENSE ? 0
                                         : (int)s->I;
}

/* How many numbers the states of a side's stack are; what is given has none. */
RNN_I_FN size_t rnn_i_states_of(const rnn_i_model *m, const rnn_i_side *s,
                                size_t batch)
{
    return m->given && s != &m->top
               ? 0
               : rnn_i_times3(s->y.L * s->y.D, batch, s->y.H);
}

/* x or ids, whichever a side reads, and the states. */
RNN_I_FN rnn_status rnn_i_check_lens(const rnn_i_model *m, const rnn_seq *seq,
                                     const rnn_i_side *s)
{
    const rnn_status st = rnn_i_check_input(seq, rnn_i_wants(s), s->I, m->why);

    return st || !(seq->h0 || seq->c0 || seq->hn || seq->cn)
               ? st
               : rnn_i_long(m->why, "each of h0, c0, hn, cn", seq->state_len,
                            rnn_i_states_of(m, s, (size_t)seq->batch));
}

/* No cell state where the cells have none. */
RNN_I_FN rnn_status rnn_i_check_c(const rnn_i_model *m, const rnn_real *c,
                                  const char *name, rnn_why *why)
{
    (void)name;
    return c && !m->top.y.C
               ? RNN_I_NO(why, RNN_E_ARG, name,
                          "@ is given, but these cells have no c", 0, 0)
               : RNN_OK;
}

/* The states of a step: c only where the cells have one. */
RNN_I_FN rnn_status rnn_i_check_state(const rnn_i_model *m, const rnn_real *h,
                                      const rnn_real *c, rnn_why *why)
{
    return h && (c || !m->top.y.C) ? RNN_OK : RNN_I_NO_NULL(why, h ? "c" : "h");
}

/* A sequence that a side reads, and its states: first what is there and how
 * long it is, then the tokens. */
RNN_I_FN rnn_status rnn_i_check_reads(const rnn_i_model *m, const rnn_seq *seq,
                                      const rnn_i_side *s)
{
    const int ids = rnn_i_wants(s);
    rnn_status st = rnn_i_check_shape(seq, ids, m->why);

    if (!st)
        st = rnn_i_check_c(m, seq->c0, "c0", m->why);
    if (!st)
        st = rnn_i_check_c(m, seq->cn, "cn", m->why);
    if (!st)
        st = rnn_i_check_lens(m, seq, s);
    return st ? st : rnn_i_check_ids(seq, ids, "ids", m->why);
}

/* The sources of a call. */
RNN_I_FN rnn_status rnn_i_check_sources(const rnn_net *net,
                                        const rnn_i_model *m,
                                        const rnn_seq *source, int batch)
{
    const int most = net->most.source_steps;
    rnn_why *why = m->why;
    size_t b;
    int i;
    rnn_status st = source ? RNN_OK : RNN_I_NO_NULL(why, "seq.source");

    for (i = 0; i < m->sources && !st; i++) {
        const rnn_seq *s = source + i;
        if (s->batch > 0 && s->batch != batch)
            return RNN_I_NO(why, RNN_E_ARG, "source",
                            "@ has # rows, another source or the target has #",
                            s->batch, batch);
        if (s->own_rate != 0)
            return RNN_I_NO(why, RNN_E_ARG, "own_rate",
                            "@ of source # is not 0: only a target has it", i,
                            0);
        if (m->given && (s->steps > 1 || s->lengths))
            return RNN_I_NO(why, RNN_E_ARG, "source",
                            "@ has # steps, or lengths: 1 vs N reads one step",
                            s->steps, 0);
        st =
            rnn_i_in(why, RNN_E_SIZE, "batch", batch, INT_MIN, net->most.batch);
        if (!st)
            st = rnn_i_in(why, RNN_E_SIZE, "source.steps", s->steps, INT_MIN,
                          most);
        if (!st)
            st = rnn_i_of_source(m->why, i, m->sources,
                                 rnn_i_check_reads(m, s, &m->source[i].side));
        for (b = 0; !st && rnn_i_contexts[m->context].each && b < (size_t)batch;
             b++)
            if (rnn_i_steps(s, b) > (size_t)net->model.source_steps)
                st = RNN_I_NO(why, RNN_E_LENGTH, "source",
                              "@ has # steps in a row: the context holds #",
                              rnn_i_steps(s, b), net->model.source_steps);
    }
    return st;
}

#ifdef RNN_CHECK
/* Whether plan and work are as they were. */
RNN_I_FN rnn_status rnn_i_check_tie(const rnn_net *net, rnn_work *work)
{
    const char *name;
    int i;

    if (net->id != rnn_i_hash_plan(&net->model, &net->most))
        return RNN_I_NO(&work->why, RNN_E_ORDER, "net",
                        "@ is not as rnn_plan has left it: model or most has "
                        "been written",
                        0, 0);
    for (i = 0; i < 4; i++)
        if (work->i.places[i] != rnn_i_place_of(work, i, &name))
            return RNN_I_NO(&work->why, RNN_E_ORDER, name,
                            "@ points elsewhere since rnn_bind: bind again", 0,
                            0);
    return RNN_OK;
}
#endif

/* Whether a work has been tied to this plan; its kernels. The id tells where a
 * net has been planned anew at the same place: the work's layout is the old
 * one's. */
RNN_I_FN rnn_status rnn_i_enter(const rnn_net *net, rnn_work *work,
                                rnn_i_call *call)
{
    if (!work)
        return RNN_E_ARG;
    if (net && work->i.net == net && work->i.id == net->id) {
        rnn_status st = rnn_i_begin(work->run, &work->why, call);
        if (!st)
            st = rnn_i_check_array(&work->why, "weights", work->weights,
                                   work->weights_len, net->sizes.params);
#ifdef RNN_CHECK
        if (!st)
            st = rnn_i_check_tie(net, work);
#endif
        return st;
    }
    rnn_i_forget(&work->why);
    return net ? RNN_I_NO(&work->why, RNN_E_ORDER, "work",
                          "@ is not bound to this plan: rnn_bind", 0, 0)
               : RNN_I_NO_NULL(&work->why, "net");
}

/* Whether a plan is for so many steps and rows; before they are looked at. */
RNN_I_FN rnn_status rnn_i_check_most(const rnn_net *net, const rnn_seq *seq,
                                     rnn_why *why)
{
    if (!seq)
        return RNN_I_NO_NULL(why, "seq");
    if (seq->steps > net->most.steps)
        return RNN_I_NO(why, RNN_E_SIZE, "seq.steps",
                        "@ is #: the plan is for #", seq->steps,
                        net->most.steps);
    return seq->batch > net->most.batch ? RNN_I_NO(why, RNN_E_SIZE, "seq.batch",
                                                   "@ is #: the plan is for #",
                                                   seq->batch, net->most.batch)
                                        : RNN_OK;
}

/* h0 or c0 of window w: where the states of all windows stay for backward, or
 * of each in turn. */
RNN_I_INLINE rnn_real *rnn_i_begins_at(const rnn_i_side *s, rnn_real *first,
                                       size_t w)
{
    return first + w % s->begins * s->y.L * s->y.state;
}

/* Of a sequence the steps [from, from + steps) of a side, as one that begins at
 * the state where the window before has ended, and ends where the next begins.
 * All steps are the sequence itself. */
RNN_I_FN void rnn_i_window(const rnn_i_side *s, const rnn_seq *all, int from,
                           int steps, rnn_seq *some)
{
    const size_t step =
        all->step_stride ? all->step_stride : (size_t)all->batch;
    size_t w;

    *some = *all;
    if (steps == all->steps)
        return;
    some->steps = steps;
    some->past = from;
    some->first_step += (uint32_t)from;
    some->x = all->x ? all->x + (size_t)from * step * s->I : NULL;
    some->ids = all->ids ? all->ids + (size_t)from * step : NULL;
    if (all->own_ids)
        some->own_ids += (size_t)from * (size_t)all->batch;
    some->fresh = from ? NULL : all->fresh;
    w = (size_t)from / s->y.T;
    some->h0 = rnn_i_begins_at(s, s->h0, w);
    some->c0 = s->y.C ? rnn_i_begins_at(s, s->c0, w) : NULL;
    if (w + 1 < s->windows) {
        some->hn = rnn_i_begins_at(s, s->h0, w + 1);
        some->cn = s->y.C ? rnn_i_begins_at(s, s->c0, w + 1) : NULL;
    }
}

/* What encoder i reads of its source in a window. */
RNN_I_FN void rnn_i_open_encoder(rnn_i_open *o, int i, int from, int steps)
{
    rnn_i_side *s = &o->m.source[i].side;
    rnn_seq some;

    rnn_i_window(s, &o->source[i], from, steps, &some);
    rnn_i_inner(s, &some, &o->encoder[i]);
    s->y.ins = 1;
    rnn_i_set_x(s->y.in, &o->encoder[i], o->encoder[i].x,
                o->m.given ? 0 : s->y.I, NULL);
}

/* The sequence of source i, and what its encoder reads. Both are copies of the
 * caller's struct, which may be gone when a step looks at them; of its arrays a
 * step reads lengths alone. o->source has the tokens as the caller has them,
 * o->encoder what is behind the table. */
RNN_I_FN void rnn_i_open_source(rnn_i_open *o, int i, const rnn_seq *source)
{
    o->source[i] = *source;
    rnn_i_open_encoder(o, i, 0, source->steps);
}

/* Attention over source i, of what reads seq. The query, k->s, is the caller's
 * to set: slots in a pass, the state itself in a step. from: the source's row
 * of each row of seq, NULL: its own number. */
RNN_I_FN void rnn_i_connect_look(rnn_i_open *o, int i, const rnn_real *params,
                                 const rnn_seq *seq, const int *from)
{
    rnn_i_source *s = &o->m.source[i];
    rnn_i_look *k = &s->look;

    k->source = &o->source[i];
    k->seq = seq;
    k->params = params + s->att;
    rnn_i_set_part(&k->h, s->memory, k->a.K, NULL);
    k->from = from;
    k->dattn = NULL;
}

/* The parts that the top reads at every step, and attention's: [y_(t-1); c; c_t
 * of each source], four at most (RNN_I_PARTS), in the order of the rows of
 * W_ih. The first o->fixed of them are known before the first step.
 *
 * Gradients that come from several places are added. dc is cleared by
 * rnn_i_run_backward, then head, stack and start add to it. A context of
 * attention gets the head's gradient first, if the head reads it (Z), which
 * writes; the stack then adds, or writes if it is alone.
 *
 * The query of step t is slot t of the last layer: h_prev, what step t - 1 has
 * left there, or s_0. */
RNN_I_FN void rnn_i_connect(rnn_i_open *o, const rnn_real *params, int train)
{
    rnn_i_model *m = &o->m;
    rnn_i_part *in = m->top.y.in;
    const size_t past = (size_t)o->inner.past * m->B;
    rnn_i_layer a;
    int i, n = 0;

    if (m->top.input != RNN_I_NOTHING)
        rnn_i_set_x(&in[n++], &o->inner, o->inner.x, m->top.reads,
                    train && m->top.E ? m->top.dx : NULL);
    if (m->feed & (RNN_FEED_FIRST | RNN_FEED_EACH)) {
        rnn_i_set_part(&in[n], m->c, m->C, train ? m->dc : NULL);
        in[n].fixed = in[n].add = 1;
        in[n++].when = m->feed & RNN_FEED_EACH ? RNN_I_ALWAYS
                       : past                  ? RNN_I_NEVER
                                               : RNN_I_FIRST;
    }
    o->fixed = n;
    rnn_i_layer_of(&m->top.y, m->top.y.L - 1, 0, &a);
    for (i = 0; i < m->sources && m->attention; i++) {
        rnn_i_look *k = &m->source[i].look;
        rnn_i_connect_look(o, i, params, &o->inner, NULL);
        rnn_i_set_part(&k->s, a.h_prev, k->a.Q, NULL);
        k->attn = m->source[i].attn + (train ? past * m->source[i].S : 0);
        k->dcontext = train ? m->source[i].dcontext + past * k->a.K : NULL;
        rnn_i_set_part(&in[n], k->context, k->a.K, train ? k->dcontext : NULL);
        in[n++].add = m->Z != 0;
    }
    m->top.y.ins = n;
}

/* Whether scheduled sampling can be as it is asked for. */
RNN_I_FN rnn_status rnn_i_check_own(const rnn_i_model *m, const rnn_seq *seq,
                                    rnn_why *why)
{
    rnn_status st = rnn_i_in_real(why, "own_rate", seq->own_rate, 0, 1, 1);

    if (st)
        return st;
    if (!m->decoder || !m->O || m->top.input <= RNN_INPUT_DENSE)
        return RNN_I_NO(why, RNN_E_ARG, "own_rate",
                        "@ is not 0: it needs a decoder that reads tokens and "
                        "gives some out",
                        0, 0);
    if (m->O > m->top.I)
        return RNN_I_NO(why, RNN_E_ARG, "own_rate",
                        "@ is not 0: # tokens come out, # can be read", m->O,
                        m->top.I);
    if (!seq->own_ids)
        return RNN_I_NO(why, RNN_E_ARG, "own_ids",
                        "@ is NULL, and own_rate is not 0", 0, 0);
    st = rnn_i_in(why, RNN_E_ARG, "own_sample", seq->own_sample, 0, 1);
    return st ? st
              : rnn_i_long(why, "own_ids", seq->own_ids_len,
                           rnn_i_times((size_t)seq->steps, (size_t)seq->batch));
}

/* Of which plan copies of the weights are, and where they lie; with RNN_CHECK
 * also of which weights. */
RNN_I_FN uint32_t rnn_i_hash_packed(const rnn_net *net, const rnn_work *work)
{
    const uint32_t at = (uint32_t)(uintptr_t)work->packed;
#ifdef RNN_CHECK
    return rnn_i_mix(rnn_i_mix(net->id, at), rnn_i_hash_weights(work));
#else
    return rnn_i_mix(net->id, at);
#endif
}

/* Whether copies that rnn_pack has made can be read: *have. */
RNN_I_FN rnn_status rnn_i_packed(const rnn_net *net, rnn_work *work, int *have)
{
    const int says =
        work->packed && net->sizes.packed
            ? rnn_i_stamped(work->packed, rnn_i_hash_packed(net, work))
            : (int)RNN_I_BLANK;

    *have = says == RNN_I_READY;
    return says < 0 || (*have && work->packed != work->i.packed)
               ? RNN_I_NO(&work->why, RNN_E_ORDER, "packed",
                          "@ has been moved, is of another plan, or of weights "
                          "that have changed: rnn_pack",
                          0, 0)
               : RNN_OK;
}

/* How long the rows of a sequence are. */
RNN_I_FN uint32_t rnn_i_hash_lengths(const rnn_seq *seq)
{
    uint32_t hash = 1;
    size_t b;

    for (b = 0; b < (size_t)seq->batch; b++)
        hash = rnn_i_mix(hash, (uint32_t)rnn_i_steps(seq, b));
    return hash;
}

/* What must be the same in backward as it was in forward: steps, batch, strides
 * by where step 1 and row 1 are, each row's steps and whether it starts afresh.
 * Pointers are not: lengths may have moved if they say the same. */
RNN_I_FN uint32_t rnn_i_hash_seq(uint32_t hash, const rnn_seq *seq)
{
    size_t b;

    hash = rnn_i_mix(hash, (uint32_t)seq->steps);
    hash = rnn_i_mix(hash, (uint32_t)seq->batch);
    hash = rnn_i_mix(hash, (uint32_t)rnn_i_number(seq, 1, 0));
    hash = rnn_i_mix(hash, (uint32_t)rnn_i_number(seq, 0, 1));
    hash = rnn_i_mix(hash, rnn_i_hash_lengths(seq));
    for (b = 0; b < (size_t)seq->batch; b++)
        hash = rnn_i_mix(hash, seq->fresh ? seq->fresh[b] : 0u);
    return hash;
}

/* The same of all sequences of a pass, its dropout masks and its sampling: what
 * backward must find unchanged; and where keep lies in a line, on which depends
 * where its arrays do. Ids, x and weights are not looked at. */
RNN_I_FN uint32_t rnn_i_hash_pass(const rnn_net *net, const rnn_work *work,
                                  const rnn_seq *seq)
{
    const int sources = net->model.wiring == RNN_WIRING_N_TO_M
                            ? rnn_i_or_one(net->model.num_sources)
                            : 0;
    const rnn_i_bits rate = rnn_i_to_bits(seq->own_rate);
    uint32_t hash = rnn_i_hash_seq(net->id, seq);
    int i;

    hash = rnn_i_mix(hash,
                     (uint32_t)((uintptr_t)work->keep / sizeof(rnn_real) % 16));
    hash = rnn_i_mix(hash, seq->seed[0]);
    hash = rnn_i_mix(hash, seq->seed[1]);
    hash = rnn_i_mix(hash, seq->first_step);
    hash = rnn_i_mix(hash, seq->first_row);
    /* by 32 in two steps: one would be undefined where a number has 32 bits */
    hash = rnn_i_mix(hash, (uint32_t)(rate ^ rate >> 16 >> 16));
    for (i = 0; i < sources; i++) {
        hash = rnn_i_hash_seq(hash, seq->source + i);
        hash = rnn_i_mix(hash, seq->source[i].first_step);
    }
    return hash;
}

/* What the top reads in a window; dx of its input is backward's to set. */
RNN_I_FN void rnn_i_open_top(rnn_i_open *o, const rnn_real *params, int train,
                             int from, int steps)
{
    rnn_i_model *m = &o->m;

    rnn_i_window(&m->top, o->seq, from, steps, &o->some);
    o->tokens = o->some;
    if (o->own) {
        o->tokens.ids = o->some.own_ids;
        o->tokens.step_stride = o->tokens.row_stride = 0;
    }
    rnn_i_inner(&m->top, &o->tokens, &o->inner);
    if (m->decoder) {
        const size_t w = (size_t)from / m->top.y.T;
        o->inner.h0 = rnn_i_begins_at(&m->top, m->top.h0, w);
        o->inner.c0 =
            m->top.y.C ? rnn_i_begins_at(&m->top, m->top.c0, w) : NULL;
        o->inner.fresh = NULL;
    }
    rnn_i_connect(o, params, train);
}

/* What a pass reads: the caller's sequences, through tables and encoders.
 *
 *     o->seq       the caller's
 *     o->some      the same, or a window of it
 *     o->tokens    that; with scheduled sampling its own_ids, time-major
 *     o->inner     what the top's stack reads: rows of the table. A decoder
 *                  starts from top.h0 and c0, which rnn_i_start_forward writes;
 *                  fresh has been looked at there
 *
 * Sources draw dropout by the target's seed and rows, but count steps of their
 * own (first_step). o->seq is good for one call alone. */
RNN_I_FN void rnn_i_open_inputs(rnn_i_open *o, const rnn_seq *seq,
                                const rnn_real *params, int train)
{
    rnn_i_model *m = &o->m;
    int i;

    o->seq = seq;
    rnn_i_have(&m->top.y, train, m->packed);
    for (i = 0; i < m->sources; i++) {
        rnn_i_open_source(o, i, seq->source + i);
        o->source[i].seed[0] = o->encoder[i].seed[0] = seq->seed[0];
        o->source[i].seed[1] = o->encoder[i].seed[1] = seq->seed[1];
        o->source[i].first_row = o->encoder[i].first_row = seq->first_row;
        if (!m->given)
            rnn_i_have(&m->source[i].side.y, train, m->packed);
    }
    rnn_i_open_top(o, params, train, 0, seq->steps);
}

#ifdef RNN_CHECK
/* A hash of the gradients of what comes out. */
RNN_I_FN uint32_t rnn_i_hash_dlogits(const rnn_work *work)
{
    const rnn_i_model *m = &work->i.m;
    const uint32_t hash =
        rnn_i_hash_reals(work->dlogits, (m->n_to_1 ? 1 : m->T) * m->B * m->Y);

    return hash ? hash : 1;
}

/* x of the valid steps of a sequence, and its states; rows that start afresh
 * may hold anything. */
RNN_I_FN rnn_status rnn_i_check_inputs(const rnn_i_model *m, const rnn_seq *seq,
                                       const rnn_i_side *s)
{
    const size_t state = rnn_i_states_of(m, s, (size_t)seq->batch);
    rnn_status st = RNN_OK;

    if (!seq->fresh)
        st = rnn_i_check_numbers(seq->h0, state, "h0", m->why);
    if (!st && !seq->fresh)
        st = rnn_i_check_numbers(seq->c0, state, "c0", m->why);
    return st || s->input != RNN_INPUT_DENSE
               ? st
               : rnn_i_check_steps(seq, seq->x, s->I, 1, "x", m->why);
}

/* Gradients that enter a side of a backward pass. */
RNN_I_FN rnn_status rnn_i_check_entering(const rnn_i_model *m,
                                         const rnn_i_side *s,
                                         const rnn_flow *flow)
{
    const size_t n = rnn_i_states_of(m, s, m->B);
    const rnn_status st = rnn_i_check_numbers(flow->dhn, n, "dhn", m->why);

    return st ? st : rnn_i_check_numbers(flow->dcn, n, "dcn", m->why);
}

/* All that backward reads of gradients. */
RNN_I_FN rnn_status rnn_i_check_gradients(const rnn_work *work,
                                          const rnn_seq *seq,
                                          const rnn_flow *flow)
{
    const rnn_i_model *m = &work->i.m;
    rnn_status st = m->n_to_1 ? RNN_OK
                              : rnn_i_check_steps(seq, work->dlogits, m->Y, 0,
                                                  "dlogits", m->why);
    size_t b;
    int i;

    if (!st && work->i.stale && work->i.stale == rnn_i_hash_dlogits(work))
        return RNN_I_NO(m->why, RNN_E_ORDER, "dlogits",
                        "@ are those of an earlier pass: no loss since "
                        "rnn_forward",
                        0, 0);
    for (b = 0; m->n_to_1 && b < m->B && !st; b++)
        if (rnn_i_steps(seq, b))
            st = rnn_i_check_some(work->dlogits, b * m->Y, m->Y, "dlogits",
                                  m->why);
    if (st || !flow)
        return st;
    if (flow->accumulate && !flow->frozen) {
        st = rnn_i_check_numbers(work->grads, m->params, "grads", m->why);
        if (!st && work->i.spent && work->i.spent == rnn_i_hash_grads(work))
            st = RNN_I_NO(m->why, RNN_E_ORDER, "accumulate",
                          "@ is 1, but a step has used what is in grads: the "
                          "first pass after it overwrites",
                          0, 0);
    }
    if (!st)
        st = rnn_i_check_entering(m, &m->top, flow);
    for (i = 0; flow->source && i < m->sources && !st; i++)
        st = rnn_i_of_source(
            m->why, i, m->sources,
            rnn_i_check_entering(m, &m->source[i].side, &flow->source[i]));
    return st;
}

/* A hash of what a side reads of a sequence. */
RNN_I_FN uint32_t rnn_i_hash_inputs(uint32_t hash, const rnn_seq *seq,
                                    const rnn_i_side *s)
{
    size_t b, i;
    int t;

    for (t = 0; s->input >= 0 && t < seq->steps; t++)
        for (b = 0; b < (size_t)seq->batch; b++) {
            const size_t at = rnn_i_number(seq, t, b);
            if (rnn_i_steps(seq, b) <= (size_t)t)
                continue;
            if (s->input != RNN_INPUT_DENSE)
                hash = rnn_i_mix(hash, (uint32_t)seq->ids[at]);
            for (i = 0; s->input == RNN_INPUT_DENSE && i < s->I; i++)
                hash = rnn_i_mix_real(hash, seq->x[at * s->I + i]);
        }
    return hash;
}

/* Of all that a pass reads. */
RNN_I_FN uint32_t rnn_i_hash_read(const rnn_work *work, const rnn_seq *seq)
{
    const rnn_i_model *m = &work->i.m;
    uint32_t hash = rnn_i_hash_inputs(1, seq, &m->top);
    int i;

    if (work->i.own)
        hash = rnn_i_hash_inputs(hash, &work->i.tokens, &m->top);
    for (i = 0; i < m->sources; i++)
        hash = rnn_i_hash_inputs(hash, seq->source + i, &m->source[i].side);
    return hash;
}

/* Everything that RNN_CHECK looks at before a pass. */
RNN_I_FN rnn_status rnn_i_check_pass(const rnn_work *work, const rnn_seq *seq,
                                     rnn_why *why)
{
    const rnn_i_model *m = &work->i.m;
    int i;
    rnn_status st = rnn_i_check_params(work->weights, m->params, why);

    if (!st)
        st = rnn_i_check_inputs(m, seq, &m->top);
    for (i = 0; i < m->sources && !st; i++)
        st = rnn_i_of_source(
            m->why, i, m->sources,
            rnn_i_check_inputs(m, seq->source + i, &m->source[i].side));
    return st;
}
#endif

/* What a pass writes for its caller, who may put other arrays there between two
 * calls. */
RNN_I_FN rnn_status rnn_i_check_out(rnn_work *work, const rnn_seq *seq,
                                    int train)
{
    const rnn_i_model *m = &work->i.m;
    const size_t n = rnn_i_times3(m->n_to_1 ? 1 : (size_t)seq->steps,
                                  (size_t)seq->batch, m->Y);
    const rnn_status st = rnn_i_check_array(&work->why, "logits", work->logits,
                                            work->logits_len, n);

    return st || !train
               ? st
               : rnn_i_check_array(&work->why, "dlogits", work->dlogits,
                                   work->dlogits_len, n);
}

RNN_I_COLD rnn_status rnn_i_no_training(rnn_why *why)
{
    return RNN_I_NO(why, RNN_E_ARG, "train",
                    "the plan is not for training: @ is 0", 0, 0);
}

/* The checks of a pass over sequences; its arrays, and what it reads. Nothing
 * of the caller's is written here, and of the work nothing that an earlier pass
 * has left in its arrays.
 *
 * room: whether there are copies of the weights to read. In training there are,
 * if the plan has place for them, since the pass makes them itself; they must
 * be where rnn_bind has laid them out. Else rnn_pack's stamp decides. */
RNN_I_FN rnn_status rnn_i_open_pass(const rnn_net *net, rnn_work *work,
                                    const rnn_seq *seq, int pass,
                                    rnn_i_call *call)
{
    const int train = pass == RNN_I_TRAINING;
    rnn_i_open *o;
    rnn_i_model *m;
    int S[RNN_MAX_SOURCES], i, room;
    rnn_status st = rnn_i_enter(net, work, call);

    if (st)
        return st;
    o = &work->i;
    m = &o->m;
    st = rnn_i_check_most(net, seq, call->why);
    if (!st)
        st = rnn_i_check_reads(m, seq, &m->top);
    if (!st && m->decoder)
        st = rnn_i_check_sources(net, m, seq->source, seq->batch);
    if (!st && train && !net->most.train)
        st = rnn_i_no_training(call->why);
    if (st)
        return st;
    st = rnn_i_check_out(work, seq, train);
    if (st)
        return st;
    o->own = train && seq->own_rate > 0;
    if (o->own || !(seq->own_rate >= 0))
        st = rnn_i_check_own(m, seq, call->why);
    if (st)
        return st;
#ifdef RNN_CHECK
    st = rnn_i_check_pass(work, seq, call->why);
    if (st)
        return st;
#endif
    room = net->sizes.packed != 0;
    if (!train)
        st = rnn_i_packed(net, work, &room);
    else if (room && work->packed != o->packed)
        st = RNN_I_NO(call->why, RNN_E_ORDER, "packed",
                      "@ has been moved since rnn_bind", 0, 0);
    if (st)
        return st;
    for (i = 0; i < m->sources; i++)
        S[i] = seq->source[i].steps;
    st = rnn_i_hand_out(net, work, pass, (size_t)seq->steps, (size_t)seq->batch,
                        S);
    if (st)
        return st;
    m->packed = room;
    rnn_i_lend(m, call);
    rnn_i_open_inputs(o, seq, work->weights, train);
    return RNN_OK;
}

/* ============================================================================
 * [CONTEXT]  encoder, context, decoder, head; and back
 *
 *     r = h_N | mean of h_j | [h_1; ...; h_N] | x      c = r | tanh(r Q + q)
 *     s_0 = 0 | c | the final states                   c_t = attention(s_(t-1))
 *     s_t = cell([y_(t-1); c; c_t], s_(t-1))           logits_t = [s_t; c_t] V
 *
 * A wiring is a chain of blocks; here stands each with its way back and its
 * gradients behind it, in the order in which forward runs. Backward runs from
 * the end to the beginning: what it leaves in dh_0, dc and dhn is where the
 * block before goes on.
 *
 *     N vs N   embed, stack, head
 *     N vs 1   embed, stack, last, head
 *     1 vs N   embed; r = x, bridge, start | embed, stack, head
 *     N vs M   embed, encode, r, bridge, start | embed, (attend,) stack, head
 *
 * With attention, or where the model reads its own tokens, what stands behind |
 * goes a step at a time; else each block goes over all steps. The same
 * functions do both: the call says which steps.
 *
 * Forward and backward are on shares of the rows, from the first block to the
 * last without a pause: row b of a block reads row b of the others alone.
 * Gradients behind them are on shares of columns. Where several blocks give one
 * array its gradient, one sets it and the others add, in this order:
 *
 *     dc         0 at the start (rnn_i_run_backward); head, input, start
 *     dcontext   the head, if it reads c_t; the stack's input (add, if it does)
 *     dh         dhn; the stack, step by step, and behind each attention's ds
 *     dmemory    attention, or 0; the context
 *     dhn, dcn   the caller's of that source, or 0; the context; start
 *
 * These are all scratch. What forward leaves for backward, r, c, s_0, memory
 * and table rows among it, is keep; of a pass without backward it is scratch
 * too, but for what rnn_encode leaves to steps, which is in memory: [MODEL].
 * ========================================================================= */

/* ---- windows: what flows from one to the one before ---------------------- */

/* A pass with keep_every is the same chain over some steps at a time: a rnn_seq
 * that begins at the state where the one before it has ended (rnn_i_window),
 * and arrays for so many steps.
 *
 *     forward     window 0 .. n - 1; in training the state in front of each
 *                 stays: begins
 *     backward    window n - 1, whose arrays are there; then each window
 *                 forward again (`again`: without logits) and backward, on the
 *                 dh and dc that the one behind it has left; its gradients
 *
 * Sums of weights' gradients go on from window to window, t descending, as in a
 * pass in one piece. Sums over t ascending cannot: those of dc and of a memory
 * are made at once, of arrays that hold all steps (rnn_i_late_backward). */

/* Whether a window is the last of its sequence: where backward begins. */
RNN_I_INLINE int rnn_i_is_last(const rnn_seq *all, const rnn_seq *some)
{
    return some->past + some->steps == all->steps;
}

/* What enters a window from behind, and leaves it in front: between two, what
 * the stack has left in dh and dc, of each layer its own (carry). */
RNN_I_FN void rnn_i_flow_on(const rnn_i_lay *y, const rnn_seq *all,
                            const rnn_seq *some, rnn_flow *flow)
{
    if (!rnn_i_is_last(all, some)) {
        flow->dhn = y->dh;
        flow->dcn = y->C ? y->dc : NULL;
    }
    if (some->past)
        flow->dh0 = flow->dc0 = NULL;
}

/* The flow of source i, if there is one: flow->source is an array of one for
 * each. */
RNN_I_INLINE const rnn_flow *rnn_i_flow_of(const rnn_flow *flow, int i)
{
    return flow && flow->source ? flow->source + i : NULL;
}

/* ---- embed: the rows of a table ------------------------------------------ */

/* x = table[id] for the tokens of a side; nothing for a side without a table. x
 * (steps, B, E) is time-major whatever the tokens' strides are, and what the
 * stack reads from then on (rnn_i_inner). Rows of padding are not written. */
RNN_I_FN void rnn_i_embed(const rnn_i_call *call, const rnn_i_side *s,
                          const rnn_seq *tokens, const rnn_real *params)
{
    const rnn_i_columns x = rnn_i_result(s->x, s->E, NULL);

    if (s->E)
        rnn_i_gather(call, tokens, params + s->table, s->E, &x);
}

/* dtable[id] += dx, on a share of the E columns: tokens of all rows may be one,
 * so rows cannot be shared out. */
RNN_I_FN void rnn_i_embed_grads(const rnn_i_call *call, const rnn_i_side *s,
                                const rnn_seq *tokens, const rnn_real *dx,
                                rnn_real *grads)
{
    rnn_i_columns dy;
    size_t first, end;

    if (!s->E)
        return;
    rnn_i_share(call, s->E, &first, &end);
    dy = rnn_i_gradient(dx, s->E, first, end);
    rnn_i_scatter(call, tokens, &dy, grads + s->table, s->E, 1);
}

/* ---- r: what a source comes to ------------------------------------------- */

/* The final state of row b in layer l, both directions side by side; cells: of
 * c, not h. In the slot where the row ends, [STACK]; the states themselves,
 * which dropout does not mask. With the arrays of RNN_I_INFER only h of the
 * last layer can be asked for. */
RNN_I_FN void rnn_i_final(const rnn_i_side *side, const rnn_seq *seq, size_t l,
                          int cells, size_t b, rnn_real *to)
{
    const rnn_i_lay *y = &side->y;
    rnn_i_layer a;
    size_t d, slot;

    for (d = 0; d < y->D; d++) {
        rnn_i_layer_of(y, l, d, &a);
        slot = (d ? 0 : rnn_i_steps(seq, b)) * y->state + b * y->H;
        rnn_i_copy(to + d * y->H, (cells ? a.c : a.h) + slot, y->H);
    }
}

/* dhn (L*D, B, H) += the gradient `from` of that. It adds, as the context and
 * what is handed over may read one state; who calls it has set dhn before. */
RNN_I_FN void rnn_i_final_backward(const rnn_i_call *call,
                                   const rnn_i_side *side, size_t l, size_t b,
                                   const rnn_real *from, rnn_real *dhn)
{
    const rnn_i_lay *y = &side->y;
    size_t d;

    for (d = 0; d < y->D; d++)
        RNN_I_DO(call->k, accumulate, y->H, from + d * y->H,
                 dhn + (l * y->D + d) * y->state + b * y->H);
}

/* One source, and row b of the context that is made of it. */
typedef struct rnn_i_summary {
    const rnn_i_call *call;
    const rnn_i_side *side;
    const rnn_seq *ran;  /* of the stack, whose final states are      */
    size_t b, n;         /* the row; its valid steps                  */
    size_t K, step;      /* width of a state; from one step's to next */
    const rnn_real *h;   /* h_1 .. h_n, `step` apart; NULL unless a
                            memory is kept                            */
    rnn_real *dh, *dhn;  /* its gradient, and that of final states    */
    rnn_real *r, *dr;    /* the source's share of r and dr            */
    size_t width;        /* of that share                             */
} rnn_i_summary;

/* A context is a row of RNN_I_CONTEXTS and two functions of that name, in plain
 * C: RNN_I_SUMMARY(name, forward) writes all of r, zeros if n = 0; (name,
 * backward) adds to dh or dhn, in which attention's gradient or another's may
 * stand already. It may read h and r, which are as forward left them, and may
 * spoil dr. Valid steps are the first n; h is 0 at the others. Arithmetic is
 * rnn_i_add, ... of [BASE], or a kernel by RNN_I_DO, so that it rounds alike
 * everywhere; comparisons and copies need neither. */
#define RNN_I_SUMMARY(name, way)                                               \
    RNN_I_FN void rnn_i_##name##_##way(const rnn_i_summary *s)

/* r = h_N */
RNN_I_SUMMARY(LAST, forward)
{
    rnn_i_final(s->side, s->ran, s->side->y.L - 1, 0, s->b, s->r);
}

RNN_I_SUMMARY(LAST, backward)
{
    rnn_i_final_backward(s->call, s->side, s->side->y.L - 1, s->b, s->dr,
                         s->dhn);
}

/* r = sum_j h_j / n    dh_j += dr / n */
RNN_I_SUMMARY(MEAN, forward)
{
    size_t j;

    rnn_i_copy(s->r, NULL, s->K);
    for (j = 0; j < s->n; j++)
        RNN_I_DO(s->call->k, accumulate, s->K, s->h + j * s->step, s->r);
    RNN_I_DO(s->call->k, scale, s->K, rnn_i_div(1, (rnn_real)(s->n ? s->n : 1)),
             s->r, s->r);
}

RNN_I_SUMMARY(MEAN, backward)
{
    size_t j;

    RNN_I_DO(s->call->k, scale, s->K, rnn_i_div(1, (rnn_real)(s->n ? s->n : 1)),
             s->dr, s->dr);
    for (j = 0; j < s->n; j++)
        RNN_I_DO(s->call->k, accumulate, s->K, s->dr, s->dh + j * s->step);
}

/* r = [h_1; ...; h_n; 0]    dh_j += dr_j */
RNN_I_SUMMARY(ALL, forward)
{
    size_t j;

    rnn_i_copy(s->r, NULL, s->width);
    for (j = 0; j < s->n; j++)
        rnn_i_copy(s->r + j * s->K, s->h + j * s->step, s->K);
}

RNN_I_SUMMARY(ALL, backward)
{
    size_t j;

    for (j = 0; j < s->n; j++)
        RNN_I_DO(s->call->k, accumulate, s->K, s->dr + j * s->K,
                 s->dh + j * s->step);
}

#define RNN_I_RUN(way, name, ...)                                              \
    case RNN_CONTEXT_##name: rnn_i_##name##_##way(s); break;
/* By the context's own function: a context without one does not compile. */
RNN_I_FN void rnn_i_summary_forward(int context, const rnn_i_summary *s)
{
    switch ((rnn_context)context) {
        RNN_I_CONTEXTS(RNN_I_RUN, forward)
    }
}

RNN_I_FN void rnn_i_summary_backward(int context, const rnn_i_summary *s)
{
    switch ((rnn_context)context) {
        RNN_I_CONTEXTS(RNN_I_RUN, backward)
    }
}
#undef RNN_I_RUN
#undef RNN_I_SUMMARY

/* Row b of source i for those functions. r of a row is [source 0; source 1], in
 * equal shares. back: gradients too, which only a backward pass has arrays for.
 */
RNN_I_FN void rnn_i_summary_of(const rnn_i_call *call, const rnn_i_open *o,
                               int i, size_t b, int back, rnn_i_summary *s)
{
    const rnn_i_model *m = &o->m;
    const rnn_i_source *from = &m->source[i];
    const size_t at = (size_t)i * (m->R / (size_t)m->sources);

    s->call = call;
    s->side = &from->side;
    s->ran = &o->encoder[i];
    s->b = b;
    s->n = rnn_i_steps(&o->source[i], b);
    s->K = from->side.y.D * from->side.y.H;
    s->step = m->B * s->K;
    s->width = m->R / (size_t)m->sources;
    s->h = m->keeps ? from->memory + b * s->K : NULL;
    s->r = m->r + b * m->R + at;
    s->dh = back && m->keeps ? from->dmemory + b * s->K : NULL;
    s->dhn = back ? from->dhn : NULL;
    s->dr = back ? m->dr + b * m->R + at : NULL;
}

/* r of the rows of a share. Of 1 vs N it is the given x itself: its numbers,
 * its row of the table, or a 1 among zeros for a token, so that the bridge is
 * the same product for all. */
RNN_I_FN void rnn_i_context_forward(const rnn_i_call *call, const rnn_i_open *o)
{
    const rnn_i_model *m = &o->m;
    const rnn_i_side *side = &m->source[0].side;
    rnn_i_summary s;
    size_t first, end, b, at;
    int i;

    rnn_i_share(call, m->B, &first, &end);
    for (i = 0; i < m->sources && m->uses_c; i++)
        for (b = first; b < end; b++)
            if (!m->given) {
                rnn_i_summary_of(call, o, i, b, 0, &s);
                rnn_i_summary_forward(m->context, &s);
            } else if (side->input == RNN_INPUT_ONE_HOT) {
                rnn_i_copy(m->r + b * m->R, NULL, m->R);
                at = rnn_i_number(&o->source[0], 0, b);
                m->r[b * m->R + (size_t)o->source[0].ids[at]] = 1;
            } else {
                at = rnn_i_number(&o->encoder[0], 0, b);
                rnn_i_copy(m->r + b * m->R, o->encoder[0].x + at * m->R, m->R);
            }
}

/* ---- bridge: c = tanh(r Q + q), or r itself ------------------------------ */

/* One product for all rows, as if they were one step of a batch: c (B, C) =
 * tanh(r Q + q), Q [R][C] and q behind it. Of Q there is a copy of the
 * transpose alone. The call must have step 0 among its steps, as that is this
 * one. */
RNN_I_FN void rnn_i_bridge_forward(const rnn_i_call *call, const rnn_i_open *o,
                                   const rnn_real *params)
{
    const rnn_i_model *m = &o->m;
    const size_t R = m->R, C = m->C;
    rnn_i_columns c;
    rnn_i_matrix Q;
    rnn_i_part r;
    rnn_seq flat;
    size_t first, end, n;

    rnn_i_share(call, m->B, &first, &end);
    n = (end - first) * C;
    if (!m->q) {
        rnn_i_copy(m->c + first * C, m->uses_c ? m->r + first * R : NULL, n);
        return;
    }
    rnn_i_flat(&flat, (int)m->B);
    Q = rnn_i_matrix_at(params + m->bridge, R, C);
    rnn_i_set_part(&r, m->r, R, NULL);
    c = rnn_i_result(m->c, C, Q.w + R * C);
    rnn_i_rows_forward(call, &flat, &r, &Q, 0, &c);
    RNN_I_DO(call->k, map, RNN_FN_TANH, n, m->c + first * C, m->c + first * C);
}

/* dc becomes that of tanh's argument, dc (1 - c^2), and dr = dc Q^T. Without q,
 * dr is dc: not a copy, but one array of two names (rnn_i_encoder_arrays). All
 * that adds to dc must have done so. */
RNN_I_FN void rnn_i_bridge_backward(const rnn_i_call *call, const rnn_i_open *o,
                                    const rnn_real *params)
{
    const rnn_i_model *m = &o->m;
    const size_t C = m->C;
    const rnn_i_columns dc = rnn_i_gradient(m->dc, C, 0, C);
    rnn_i_matrix Q;
    rnn_i_part r;
    rnn_seq flat;
    size_t first, end;

    if (!m->q)
        return;
    rnn_i_share(call, m->B, &first, &end);
    RNN_I_DO(call->k, map_backward, RNN_FN_TANH, (end - first) * C,
             m->c + first * C, m->dc + first * C);
    rnn_i_flat(&flat, (int)m->B);
    rnn_i_set_part(&r, NULL, m->R, m->dr);
    Q = rnn_i_matrix_at(params + m->bridge, m->R, C);
    Q.wt = m->packed ? m->bridge_t : NULL;
    rnn_i_rows_back(call, &flat, &dc, &Q, 0, &r, RNN_I_FROM_ZERO);
}

/* dQ += r^T dc, dq += the sum of dc. By now dc is that of tanh's argument. */
RNN_I_FN void rnn_i_bridge_grads(const rnn_i_call *call, const rnn_i_open *o,
                                 rnn_real *grads)
{
    const rnn_i_model *m = &o->m;
    rnn_real *dQ = grads + m->bridge;
    size_t first, end;
    rnn_i_columns dc;
    rnn_i_part r;
    rnn_seq flat;

    if (!m->q)
        return;
    rnn_i_flat(&flat, (int)m->B);
    rnn_i_share(call, m->C, &first, &end);
    rnn_i_set_part(&r, m->r, m->R, NULL);
    dc = rnn_i_gradient(m->dc, m->C, first, end);
    rnn_i_rows_grads(call, &flat, &r, &dc, dQ, m->C, 1);
    rnn_i_sum_bias(call, &flat, &dc, dQ + m->R * m->C, 1, 0, 1);
}

/* ---- start: the state at which a decoder begins -------------------------- */

/* The states where a side begins: the caller's, zeros where they are fresh. */
RNN_I_FN void rnn_i_begin_states(const rnn_i_call *call, const rnn_i_side *s,
                                 const rnn_seq *seq)
{
    const rnn_i_lay *y = &s->y;
    size_t first, end, l, b;

    rnn_i_share(call, y->B, &first, &end);
    for (l = 0; l < y->L; l++)
        for (b = first; b < end; b++) {
            const size_t to = l * y->state + b * y->H;
            const int zero = seq->fresh && seq->fresh[b];
            rnn_i_copy(s->h0 + to, seq->h0 && !zero ? seq->h0 + to : NULL,
                       y->H);
            if (y->C)
                rnn_i_copy(s->c0 + to, seq->c0 && !zero ? seq->c0 + to : NULL,
                           y->H);
        }
}

/* s_0 of every layer: the caller's h0 and c0, or zeros; over it c in layer 0
 * (RNN_FEED_STATE), and the encoders' final states (RNN_HAND_...), those of
 * several sources and directions side by side.
 *
 * h0, c0 (L, B, H) of the decoder are the model's arrays, not the caller's, and
 * its stack reads them as if a caller had given them. Rows that are fresh begin
 * at zeros here already. What is copied is as wide as the decoder: rnn_i_widths
 * has checked C, or the encoders' D*H together. RNN_HAND_CELL without
 * RNN_HAND_LAYERS is the last layer of the encoder to the first of the decoder.
 */
RNN_I_FN void rnn_i_start_forward(const rnn_i_call *call, const rnn_i_open *o)
{
    const rnn_i_model *m = &o->m;
    const rnn_i_lay *y = &m->top.y;
    const int layers = m->hand & RNN_HAND_LAYERS;
    size_t first, end, at = 0, l, b;
    int i;

    rnn_i_begin_states(call, &m->top, o->seq);
    rnn_i_share(call, m->B, &first, &end);
    if (m->feed & RNN_FEED_STATE)
        rnn_i_copy(m->top.h0 + first * y->H, m->c + first * m->C,
                   (end - first) * m->C);
    for (i = 0; i < m->sources && !m->given; i++) {
        const rnn_i_side *s = &m->source[i].side;
        for (l = 0; l < (layers ? y->L : 1); l++)
            for (b = first; b < end; b++) {
                const size_t to = l * y->state + b * y->H + at;
                if (layers)
                    rnn_i_final(s, &o->encoder[i], l, 0, b, m->top.h0 + to);
                if (m->hand & RNN_HAND_CELL && y->C)
                    rnn_i_final(s, &o->encoder[i], layers ? l : s->y.L - 1, 1,
                                b, m->top.c0 + to);
            }
        at += s->y.D * s->y.H;
    }
}

/* dh_0 and dc_0, as the decoder's stack and attention left them in its dh and
 * dc, `carry` apart, go to the caller and into m->dc, the context's; into the
 * final states of the sources by the function behind it. The caller gets the
 * gradient of s_0 whatever that was made of. */
RNN_I_FN void rnn_i_start_backward(const rnn_i_call *call, const rnn_i_open *o,
                                   const rnn_flow *flow)
{
    const rnn_i_model *m = &o->m;
    const rnn_i_lay *y = &m->top.y;
    size_t first, end, l;

    rnn_i_share(call, m->B, &first, &end);
    for (l = 0; flow && l < y->L; l++) {
        const size_t at = first * y->H, n = (end - first) * y->H;
        if (flow->dh0)
            rnn_i_copy(flow->dh0 + l * y->state + at, y->dh + l * y->carry + at,
                       n);
        if (flow->dc0 && y->C)
            rnn_i_copy(flow->dc0 + l * y->state + at, y->dc + l * y->carry + at,
                       n);
    }
    if (m->feed & RNN_FEED_STATE)
        RNN_I_DO(call->k, accumulate, (end - first) * m->C,
                 y->dh + first * m->C, m->dc + first * m->C);
}

/* The way back of what was handed over: dh_0 and dc_0 of the decoder, columns
 * `at` and on of each row, to the final states of source i. The loops are those
 * of rnn_i_start_forward. */
RNN_I_FN void rnn_i_handed_backward(const rnn_i_call *call, const rnn_i_open *o,
                                    int i, size_t at)
{
    const rnn_i_model *m = &o->m;
    const rnn_i_source *s = &m->source[i];
    const rnn_i_lay *y = &m->top.y;
    const int layers = m->hand & RNN_HAND_LAYERS;
    size_t first, end, l, b;

    rnn_i_share(call, m->B, &first, &end);
    for (l = 0; l < (layers ? y->L : 1); l++)
        for (b = first; b < end; b++) {
            const size_t from = l * y->carry + b * y->H + at;
            if (layers)
                rnn_i_final_backward(call, &s->side, l, b, y->dh + from,
                                     s->dhn);
            if (m->hand & RNN_HAND_CELL && y->C)
                rnn_i_final_backward(call, &s->side,
                                     layers ? l : s->side.y.L - 1, b,
                                     y->dc + from, s->dcn);
        }
}

/* ---- encode: all of these in turn ---------------------------------------- */

/* The steps of source i, or of a window: from its tokens to its states, and to
 * their places in memory (S, B, D*H), which joins the directions and is 0 on
 * padding; it is there where m->keeps says that attention or the context reads
 * it. */
RNN_I_FN void rnn_i_encoder_forward(const rnn_i_call *call, const rnn_i_open *o,
                                    const rnn_real *params, int i, int again)
{
    const rnn_i_source *s = &o->m.source[i];
    const rnn_seq *inner = &o->encoder[i];
    const rnn_i_lay *y = &s->side.y;
    const size_t K = y->D * y->H;
    rnn_i_part part[RNN_I_PARTS];
    rnn_seq tokens;
    int n;

    rnn_i_window(&s->side, &o->source[i], inner->past, inner->steps, &tokens);
    rnn_i_embed(call, &s->side, &tokens, params);
    if (o->m.given)
        return;
    if (s->side.windows > 1 && !inner->past && !again)
        rnn_i_begin_states(call, &s->side, &o->source[i]);
    rnn_i_stack_forward(call, y, &s->side.stack, params + s->side.rnn, inner,
                        0);
    if (!o->m.keeps || again)
        return;
    n = rnn_i_output(y, &s->side.stack, y->L - 1, part);
    rnn_i_join(call, inner, part, n,
               s->memory + (size_t)inner->past * o->m.B * K, K);
}

/* From memories and final states to the context, and to the state at which the
 * decoder starts. */
RNN_I_FN void rnn_i_encode(const rnn_i_call *call, const rnn_i_open *o,
                           const rnn_real *params)
{
    int i;

    for (i = 0; i < o->m.sources && o->m.attention; i++)
        rnn_i_keys(call, &o->m.source[i].look);
    rnn_i_context_forward(call, o);
    rnn_i_bridge_forward(call, o, params);
    rnn_i_start_forward(call, o);
}

/* What flows into the final states and the memory of encoder i, before its
 * steps: one of setting and adding. dhn, dcn and dmemory are set first, then
 * the context and what was handed over add. */
RNN_I_FN void rnn_i_encoder_enter(const rnn_i_call *call, const rnn_i_open *o,
                                  int i, size_t at, const rnn_flow *out)
{
    const rnn_i_model *m = &o->m;
    const rnn_i_source *s = &m->source[i];
    const rnn_i_lay *y = &s->side.y;
    const size_t K = y->D * y->H;
    rnn_i_summary r;
    size_t first, end, b, j, q;

    rnn_i_share(call, m->B, &first, &end);
    for (q = 0; q < y->L * y->D; q++) {
        const size_t from = q * y->state + first * y->H;
        const size_t n = (end - first) * y->H;
        rnn_i_copy(s->dhn + from, out && out->dhn ? out->dhn + from : NULL, n);
        if (y->C)
            rnn_i_copy(s->dcn + from, out && out->dcn ? out->dcn + from : NULL,
                       n);
    }
    if (m->attention)
        rnn_i_attend_backward_memory(call, &s->look, s->dmemory);
    else if (m->keeps)
        for (j = 0; j < s->S; j++)
            rnn_i_copy(s->dmemory + (j * m->B + first) * K, NULL,
                       (end - first) * K);
    for (b = first; b < end && m->uses_c; b++) {
        rnn_i_summary_of(call, o, i, b, 1, &r);
        rnn_i_summary_backward(m->context, &r);
    }
    rnn_i_handed_backward(call, o, i, at);
}

/* Back through the steps of encoder i, or of a window. y is a copy, since where
 * dx goes is written into it, and o is for all parts. dmemory (S, B, D*H) has
 * both directions side by side, as the dy has that it is to the stack; without
 * a memory there is no dy. */
RNN_I_FN void rnn_i_encoder_backward(const rnn_i_call *call,
                                     const rnn_i_open *o,
                                     const rnn_real *params, int i,
                                     const rnn_flow *out)
{
    const rnn_i_source *s = &o->m.source[i];
    const rnn_seq *inner = &o->encoder[i];
    rnn_flow in = {NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0};
    rnn_i_lay y = s->side.y;
    rnn_real *dmemory = s->dmemory + (size_t)inner->past * o->m.B * y.D * y.H;

    in.dhn = s->dhn;
    in.dcn = y.C ? s->dcn : NULL;
    if (out) {
        in.dh0 = out->dh0;
        in.dc0 = out->dc0;
    }
    rnn_i_flow_on(&y, &o->source[i], inner, &in);
    y.in[0].dx =
        s->side.E ? s->side.dx
        : out && out->dx
            ? out->dx + rnn_i_number(&o->source[i], inner->past, 0) * s->side.I
            : NULL;
    rnn_i_stack_backward(call, &y, &s->side.stack, params + s->side.rnn, inner,
                         o->m.keeps ? dmemory : NULL, &in);
}

/* From dh_0, dc_0 and dc to the sources: start, bridge, then what enters each
 * encoder. Of 1 vs N dr is the gradient of the given x, which goes out by the
 * caller's strides. */
RNN_I_FN void rnn_i_encode_backward(const rnn_i_call *call, const rnn_i_open *o,
                                    const rnn_real *params,
                                    const rnn_flow *flow)
{
    const rnn_i_model *m = &o->m;
    size_t first, end, b, at = 0;
    int i;

    rnn_i_start_backward(call, o, flow);
    rnn_i_bridge_backward(call, o, params);
    rnn_i_share(call, m->B, &first, &end);
    for (i = 0; i < m->sources; i++) {
        const rnn_flow *out = rnn_i_flow_of(flow, i);
        if (!m->given) {
            rnn_i_encoder_enter(call, o, i, at, out);
            at += m->source[i].side.y.D * m->source[i].side.y.H;
        } else if (out && out->dx) {
            for (b = first; b < end; b++)
                rnn_i_copy(out->dx + rnn_i_number(&o->source[i], 0, b) * m->R,
                           m->uses_c ? m->dr + b * m->R : NULL, m->R);
        }
    }
}

/* Gradients between the encoders and the decoder: the bridge's, those of
 * attention but its W, and of a table whose row is r. They are the source's,
 * one set for each. */
RNN_I_FN void rnn_i_encode_grads(const rnn_i_call *call, const rnn_i_open *o,
                                 rnn_real *grads)
{
    const rnn_i_model *m = &o->m;
    int i;

    rnn_i_bridge_grads(call, o, grads);
    for (i = 0; i < m->sources; i++) {
        const rnn_i_source *s = &m->source[i];
        if (m->attention)
            rnn_i_memory_grads(call, &s->look, grads + s->att);
        if (m->given && m->uses_c)
            rnn_i_embed_grads(call, &s->side, &o->source[i], m->dr, grads);
    }
}

/* Those of encoder i, of a window's steps. */
RNN_I_FN void rnn_i_encoder_grads(const rnn_i_call *call, const rnn_i_open *o,
                                  int i, rnn_real *grads)
{
    const rnn_i_side *e = &o->m.source[i].side;
    const rnn_seq *inner = &o->encoder[i];
    rnn_seq tokens;

    if (o->m.given)
        return;
    rnn_i_window(e, &o->source[i], inner->past, inner->steps, &tokens);
    rnn_i_stack_grads(call, &e->y, &e->stack, inner, grads + e->rnn);
    rnn_i_embed_grads(call, e, &tokens, e->dx, grads);
}

/* ---- head: logits = c + [what it reads] V -------------------------------- */

/* What N vs 1 reads is one step of B rows, with seq's place in the dropout
 * masks. */
#define RNN_I_LAST_LAYER 0x8000u
/* One step of all rows, for the dropout and the head of N vs 1. It has no
 * lengths: a row without a step is valid here, and its final state is h_0. */
RNN_I_FN void rnn_i_last_seq(rnn_seq *flat, const rnn_seq *seq)
{
    rnn_i_flat(flat, seq->batch);
    flat->seed[0] = seq->seed[0];
    flat->seed[1] = seq->seed[1];
    flat->first_row = seq->first_row;
    flat->first_step = seq->first_step;
}

/* The parts that the head reads, and over which rows; returns how many. Their
 * order is that of V's rows: [s_t; c], or [s_t; c_t of each source]. train:
 * with the places of their gradients. The stack's output has none here, since
 * it may be two parts, or a masked copy, and its gradient is dy in any case;
 * `last` of N vs 1 has. dc is added to, as c is read at every step and
 * elsewhere; dcontext is set, as the head comes first. */
RNN_I_FN int rnn_i_head_input(const rnn_i_open *o, int train, rnn_i_part *part,
                              rnn_seq *rows)
{
    const rnn_i_model *m = &o->m;
    int n, i;

    if (m->n_to_1) {
        rnn_i_last_seq(rows, o->seq);
        rnn_i_set_part(part, m->last, m->W, train ? m->dlast : NULL);
        return 1;
    }
    *rows = o->inner;
    n = rnn_i_output(&m->top.y, &m->top.stack, m->top.y.L - 1, part);
    if (m->Z && !m->attention) {
        rnn_i_set_part(&part[n], m->c, m->C, train ? m->dc : NULL);
        part[n].fixed = part[n].add = 1;
        n++;
    }
    for (i = 0; i < m->sources && m->Z && m->attention; i++) {
        const rnn_i_look *k = &m->source[i].look;
        rnn_i_set_part(&part[n++], k->context, k->a.K,
                       train ? k->dcontext : NULL);
    }
    return n;
}

/* logits (T, B, O) = c + [the parts] V; V [W + Z][O] and behind it c, the bias.
 * On padding the bias alone. Without a head, what it would read, (T, B, W + Z).
 */
RNN_I_FN void rnn_i_head_forward(const rnn_i_call *call, const rnn_i_model *m,
                                 const rnn_real *params, const rnn_seq *seq,
                                 const rnn_i_part *part, int parts,
                                 rnn_real *logits)
{
    const rnn_i_matrix v = rnn_i_matrix_at(params + m->head, m->W + m->Z, m->O);
    const rnn_real *c = v.w + v.in * m->O;
    rnn_i_columns y = rnn_i_result(logits, m->O, c);
    size_t row = 0;
    int i;

    if (!m->O) {
        rnn_i_join(call, seq, part, parts, logits, m->Y);
        return;
    }
    for (i = 0; i < parts; row += part[i].width, i++) {
        rnn_i_rows_forward(call, seq, &part[i], &v, row, &y);
        y.start = RNN_I_FROM_C;
    }
    rnn_i_pad(call, seq, c, logits, m->O);
}

/* The other way of a join: columns `at` and on of dy (T, B, width) to a part's
 * dx, t ascending. What is on padding of dy is not read. */
RNN_I_FN void rnn_i_part_backward(const rnn_i_call *call, const rnn_seq *seq,
                                  const rnn_real *dy, size_t width, size_t at,
                                  const rnn_i_part *p)
{
    size_t first, end, b;
    int t;

    rnn_i_share(call, (size_t)seq->batch, &first, &end);
    for (t = 0; t < seq->steps; t++)
        for (b = first; b < end; b++) {
            const rnn_real *from = dy + rnn_i_at(seq, t, b, width) + at;
            rnn_real *to = p->dx + rnn_i_part_at(p, seq, t, b);
            if (rnn_i_steps(seq, b) <= (size_t)t)
                continue;
            if (p->add)
                RNN_I_DO(call->k, accumulate, p->width, from, to);
            else
                rnn_i_copy(to, from, p->width);
        }
}

/* The gradients of what the head reads, each to where its part says; that of
 * the stack's output to dy, whatever it is made of:
 *
 *     dy = dlogits V_s^T    dc += dlogits V_c^T    dc_t = dlogits V_t^T
 *
 * of the rows of V that belong to each. dy (T, B, D*H) has both directions side
 * by side, so what forward read as two parts is one here. Without a head,
 * dlogits are copied to these places. All steps at once, for a decoder that
 * goes step by step, too: its loop finds dy and dc_t there. */
RNN_I_FN void rnn_i_head_backward(const rnn_i_call *call, const rnn_i_open *o,
                                  const rnn_real *params,
                                  const rnn_real *dlogits)
{
    const rnn_i_model *m = &o->m;
    const int last = rnn_i_is_last(o->seq, &o->inner);
    rnn_i_columns dy = rnn_i_gradient(dlogits, m->O, 0, m->O);
    rnn_i_part part[RNN_I_PARTS];
    rnn_i_matrix v = rnn_i_matrix_at(params + m->head, m->W + m->Z, m->O);
    rnn_seq rows;
    size_t from = 0;
    int i, n = rnn_i_head_input(o, 1, part, &rows);

    if (m->n_to_1 && !last)
        return;
    v.wt = m->packed ? m->head_t : NULL;
    if (!m->decoder && !m->n_to_1)
        n = 1; /* both directions as one */
    if (!m->n_to_1)
        rnn_i_set_part(part, NULL, m->W, m->top.y.dy);
    for (i = 0; i < n; from += part[i].width, i++) {
        const rnn_real *d = dlogits;
        if (part[i].fixed) { /* of all steps, t ascending, at once */
            rows = *o->seq;
            d -= (size_t)o->inner.past * m->B * m->Y;
        }
        dy.dy = d;
        if (part[i].fixed && !last)
            continue;
        if (m->O)
            rnn_i_rows_back(call, &rows, &dy, &v, from, &part[i],
                            part[i].add ? RNN_I_FROM_C : RNN_I_FROM_ZERO);
        else
            rnn_i_part_backward(call, &rows, d, m->Y, from, &part[i]);
    }
}

/* dV += [what it reads]^T dlogits, part by part as forward has read them; dc +=
 * the sum of dlogits. */
RNN_I_FN void rnn_i_head_grads(const rnn_i_call *call, const rnn_i_open *o,
                               const rnn_real *dlogits, rnn_real *grads)
{
    const rnn_i_model *m = &o->m;
    rnn_i_part part[RNN_I_PARTS];
    rnn_real *v = grads + m->head;
    rnn_i_columns dy;
    rnn_seq rows;
    size_t first, end;
    int i, n = rnn_i_head_input(o, 0, part, &rows);

    if (!m->O || (m->n_to_1 && !rnn_i_is_last(o->seq, &o->inner)))
        return;
    rnn_i_share(call, m->O, &first, &end);
    dy = rnn_i_gradient(dlogits, m->O, first, end);
    for (i = 0; i < n; v += part[i].width * m->O, i++)
        rnn_i_rows_grads(call, &rows, &part[i], &dy, v, m->O, 1);
    rnn_i_sum_bias(call, &rows, &dy, v, 1, 0, 1);
}

/* ---- N vs N and N vs 1 --------------------------------------------------- */

/* The chain of a model without a decoder; logits (T, B, O), of N vs 1 (B, O).
 * m->last is a copy of the final states, so dropout masks it in place. */
RNN_I_FN void rnn_i_plain_forward(const rnn_i_call *call, const rnn_i_open *o,
                                  const rnn_real *params, rnn_real *logits,
                                  int again)
{
    const rnn_i_model *m = &o->m;
    const rnn_i_side *top = &m->top;
    rnn_i_part part[RNN_I_PARTS];
    rnn_seq rows;
    size_t first, end, b;
    int n;

    rnn_i_embed(call, top, &o->tokens, params);
    if (top->windows > 1 && !o->inner.past && !again)
        rnn_i_begin_states(call, top, o->seq);
    rnn_i_stack_forward(call, &top->y, &top->stack, params + top->rnn,
                        &o->inner, 0);
    if (again || (m->n_to_1 && !rnn_i_is_last(o->seq, &o->inner)))
        return;
    if (m->n_to_1) {
        rnn_i_share(call, m->B, &first, &end);
        for (b = first; b < end; b++)
            rnn_i_final(top, &o->inner, top->y.L - 1, 0, b, m->last + b * m->W);
    }
    n = rnn_i_head_input(o, 0, part, &rows);
    if (top->y.drop && top->drop_last > 0)
        rnn_i_dropout(call, &rows, RNN_I_LAST_LAYER, top->drop_last, m->last,
                      m->W);
    rnn_i_head_forward(call, m, params, &rows, part, n, logits);
}

/* From dy, which the head has left, to x, h_0 and c_0. Of N vs 1 the head's
 * gradient goes into the final states instead, beside what the caller asks to
 * flow in there: m->dhn = dhn + dlast, as flow's own is not ours to add to. The
 * stack has no dy then. */
RNN_I_FN void rnn_i_plain_backward(const rnn_i_call *call, const rnn_i_open *o,
                                   const rnn_real *params, const rnn_flow *flow)
{
    const rnn_i_model *m = &o->m;
    const rnn_i_lay *y = &m->top.y;
    rnn_flow in = {NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0};
    rnn_seq rows;
    size_t first, end, q, b;

    if (flow)
        in = *flow;
    if (m->n_to_1 && rnn_i_is_last(o->seq, &o->inner)) {
        rnn_i_share(call, m->B, &first, &end);
        rnn_i_last_seq(&rows, o->seq);
        if (m->top.drop_last > 0)
            rnn_i_dropout(call, &rows, RNN_I_LAST_LAYER, m->top.drop_last,
                          m->dlast, m->W);
        for (q = 0; q < y->L * y->D; q++) {
            const size_t at = q * y->state + first * y->H;
            rnn_i_copy(m->dhn + at, in.dhn ? in.dhn + at : NULL,
                       (end - first) * y->H);
        }
        for (b = first; b < end; b++)
            rnn_i_final_backward(call, &m->top, y->L - 1, b,
                                 m->dlast + b * m->W, m->dhn);
        in.dhn = m->dhn;
    }
    rnn_i_flow_on(y, o->seq, &o->inner, &in);
    rnn_i_stack_backward(call, y, &m->top.stack, params + m->top.rnn, &o->inner,
                         m->n_to_1 ? NULL : y->dy, &in);
}

/* ---- a decoder over all steps -------------------------------------------- */

/* Scheduled sampling: the tokens that step t reads, to own_ids (T, B). Step 0
 * reads ids'; later ones, with probability own_rate, what the logits of the
 * step before say. Whether is a word of (seed, step, row), as in dropout, under
 * a number that no layer has; a draw counts from where that word is not. So any
 * split of the batch chooses alike. Backward finds the tokens in own_ids, and
 * treats them as given: no gradient goes through the choice. */
RNN_I_FN void rnn_i_choose(const rnn_i_call *call, const rnn_i_open *o, int t,
                           const rnn_real *logits)
{
    const rnn_seq *seq = &o->some;
    const uint32_t limit =
        seq->own_rate < 1
            ? (uint32_t)rnn_i_mul(seq->own_rate, (rnn_real)4294967296.0)
            : 0;
    static const rnn_sampling softmax = {1, 0, 0};
    const rnn_real *before; /* the logits of the step before */
    uint32_t at[2], word[2];
    size_t first, end, b, i;
    rnn_rng rng;

    rnn_i_share(call, o->m.B, &first, &end);
    at[0] = 0xffffffffu; /* no layer */
    at[1] = seq->first_step + (uint32_t)t;
    rnn_threefry(seq->seed, at, rng.key);
    for (b = first; b < end; b++) {
        if (rnn_i_steps(seq, b) <= (size_t)t)
            continue;
        i = rnn_i_at(seq, t, b, 1);
        seq->own_ids[i] = seq->ids[rnn_i_number(seq, t, b)];
        at[0] = seq->first_row + (uint32_t)b;
        at[1] = 0;
        rnn_threefry(rng.key, at, word);
        if (t + seq->past == 0 || (seq->own_rate < 1 && word[0] >= limit))
            continue;
        before = logits + i * o->m.O - o->m.B * o->m.O;
        rng.count[0] = at[0];
        rng.count[1] = 0x80000000u;
        if (seq->own_sample) /* a NaN leaves the given token */
            (void)!rnn_sample(before, (int)o->m.O, &softmax, &rng, NULL,
                              seq->own_ids + i, NULL);
        else
            (void)!rnn_greedy(before, (int)o->m.O, seq->own_ids + i, NULL);
    }
}

/* What of the input is known before the first step goes into z at once: parts
 * [0, done) of layer 0, and the biases. Parts that wait for a step stand behind
 * those in W_ih, so the chain of a number of z is in the order of a whole pass.
 */
RNN_I_FN void rnn_i_fixed_input(const rnn_i_call *call, const rnn_i_open *o,
                                const rnn_real *weights, int done)
{
    const rnn_i_lay *y = &o->m.top.y;
    rnn_i_layer a;

    if (!done)
        return;
    rnn_i_layer_of(y, 0, 0, &a);
    rnn_i_weigh(&a, weights);
    rnn_i_input_product(call, &a, &o->inner, y->in, done, 0);
}

/* All steps at once where no step waits for what the one before has given out;
 * else step by step through the same functions. Parts of the input that are
 * known beforehand are multiplied for all steps at once all the same.
 *
 *     no attention     embed, stack, head, each over all steps
 *     attention        embed; by step attend, stack; head over all steps
 *     own tokens       by step choose, embed, (attend,) stack, head
 *
 * Attention's query at step t is h_{t-1} of the last layer, read from its slot.
 * Step 0's is copied there first, since the stack itself does so only when step
 * 0 gets to it, which is behind the query. */
RNN_I_FN void rnn_i_decoder_forward(const rnn_i_call *call, const rnn_i_open *o,
                                    const rnn_real *params, rnn_real *logits,
                                    int again)
{
    const rnn_i_model *m = &o->m;
    const rnn_i_lay *y = &m->top.y;
    const rnn_real *weights = params + m->top.rnn;
    const int own = o->own && !again; /* else the tokens are known */
    const int stepwise = m->attention || own;
    const int done = stepwise && !own ? o->fixed : 0;
    rnn_i_part part[RNN_I_PARTS];
    rnn_i_layer a;
    rnn_seq rows;
    size_t first, end;
    int i, n, t;

    if (!own)
        rnn_i_embed(call, &m->top, &o->tokens, params);
    rnn_i_fixed_input(call, o, weights, done);
    if (m->attention) { /* s_0 is a query before the stack has run */
        rnn_i_layer_of(y, y->L - 1, 0, &a);
        rnn_i_share(call, m->B, &first, &end);
        rnn_i_copy(a.h + first * y->H,
                   o->inner.h0 + (y->L - 1) * y->state + first * y->H,
                   (end - first) * y->H);
    }
    n = rnn_i_head_input(o, 0, part, &rows);
    if (!stepwise)
        rnn_i_stack_forward(call, y, &m->top.stack, weights, &o->inner, 0);
    for (t = 0; stepwise && t < o->inner.steps; t++) {
        const rnn_i_call one = rnn_i_at_step(call, t);
        if (own) {
            rnn_i_choose(call, o, t, logits);
            rnn_i_embed(&one, &m->top, &o->tokens, params);
        }
        for (i = 0; i < m->sources && m->attention; i++)
            rnn_i_attend(&one, &m->source[i].look, NULL);
        rnn_i_stack_forward(&one, y, &m->top.stack, weights, &o->inner, done);
        if (own)
            rnn_i_head_forward(&one, m, params, &rows, part, n, logits);
    }
    if (!own && !again)
        rnn_i_head_forward(call, m, params, &rows, part, n, logits);
}

/* Whether the gradient of a part of the decoder's input, c of every step, waits
 * for all windows: its steps are added up from the first one on, and backward
 * comes to that last. */
RNN_I_INLINE int rnn_i_is_late(const rnn_i_model *m, const rnn_i_part *part)
{
    return m->top.windows > 1 && part->fixed && part->when == RNN_I_ALWAYS;
}

/* dz of layer 0 goes where that of all steps stands; behind the first window dc
 * is made of it. */
RNN_I_FN void rnn_i_late_backward(const rnn_i_call *call, const rnn_i_open *o,
                                  const rnn_real *weights)
{
    rnn_i_lay y = o->m.top.y;
    const size_t row = y.K * y.H, B = y.B;
    rnn_seq all = o->inner;
    size_t first, end, t;
    int i, late = 0;

    for (i = 0; i < y.ins; i++)
        if (rnn_i_is_late(&o->m, &y.in[i]))
            late = 1;
        else
            y.in[i].dx = NULL;
    if (!late)
        return;
    rnn_i_share(call, B, &first, &end);
    for (t = 0; t < (size_t)o->inner.steps; t++)
        rnn_i_copy(o->m.dz + (((size_t)all.past + t) * B + first) * row,
                   y.z + (t * B + first) * row, (end - first) * row);
    if (all.past)
        return;
    all.steps = o->seq->steps;
    y.z = o->m.dz;
    rnn_i_input_backward(call, &y, 0, y.in, o->fixed, weights, &all);
}

/* Down to the context and the state at which it starts; head_backward has left
 * dy, and added to dc and the contexts of attention.
 *
 * With attention step t is: the stack, which leaves dcontext of step t and the
 * dh of h_{t-1}; attention, from dcontext to dq, dk and dv; its ds onto dh of
 * the last layer, whose h_{t-1} was the query; then step t - 1. That is why dh
 * of all layers is kept apart (RNN_I_STEPWISE).
 *
 * Parts that wait for no step get dx behind the loop, all steps at once: the
 * loop runs on a copy y of which they have none. The stack gets no dh0 and dc0
 * of flow, since attention adds to dh at step 0, too, and rnn_i_start_backward
 * gives them out. */
RNN_I_FN void rnn_i_decoder_backward(const rnn_i_call *call,
                                     const rnn_i_open *o,
                                     const rnn_real *params,
                                     const rnn_flow *flow)
{
    const rnn_i_model *m = &o->m;
    const rnn_real *weights = params + m->top.rnn;
    const int last = rnn_i_is_last(o->seq, &o->inner);
    rnn_i_lay y = m->top.y;
    rnn_i_part ds, in[RNN_I_PARTS];
    rnn_flow to = {NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0};
    int i, t;

    if (flow) {
        to.dhn = flow->dhn;
        to.dcn = flow->dcn;
    }
    rnn_i_flow_on(&y, o->seq, &o->inner, &to);
    for (i = 0; i < y.ins; i++) {
        in[i] = y.in[i];
        if (rnn_i_is_late(m, &in[i]))
            in[i].dx = y.in[i].dx = NULL;
    }
    if (!m->attention) {
        rnn_i_stack_backward(call, &y, &m->top.stack, weights, &o->inner, y.dy,
                             &to);
    } else {
        for (i = 0; i < m->sources && last; i++)
            rnn_i_attend_backward_begin(call, &m->source[i].look);
        for (i = 0; i < o->fixed; i++)
            y.in[i].dx = NULL; /* after the loop, all steps at once */
        rnn_i_set_part(&ds, NULL, y.H, y.dh + (y.L - 1) * y.carry);
        ds.fixed = ds.add = 1;
        for (t = o->inner.steps; t-- > 0;) {
            const rnn_i_call one = rnn_i_at_step(call, t);
            rnn_i_stack_backward(&one, &y, &m->top.stack, weights, &o->inner,
                                 y.dy, &to);
            for (i = 0; i < m->sources; i++) {
                rnn_i_attend_backward(&one, &m->source[i].look);
                rnn_i_attend_backward_query(&one, &m->source[i].look, &ds);
            }
        }
        rnn_i_input_backward(call, &y, 0, in, o->fixed, weights, &o->inner);
    }
    rnn_i_late_backward(call, o, weights);
}

/* ---- the public calls ---------------------------------------------------- */

/* A call's arrays, for the parts that share it. flow is of backward alone, and
 * may be NULL there. Parts write arrays of the work, never its fields. */
typedef struct rnn_i_pass {
    rnn_work *work;
    const rnn_flow *flow;
    int blocks; /* of a chain in windows, which now  */
    int source; /* of the encoders which one         */
    int again;  /* its window was computed before    */
} rnn_i_pass;

enum { RNN_I_ENCODERS = 1, RNN_I_START = 2, RNN_I_TOP = 4, RNN_I_CHAIN = 7 };

/* Whether a task is of encoder i. */
RNN_I_INLINE int rnn_i_has_encoder(const rnn_i_pass *p, int i)
{
    return p->blocks & RNN_I_ENCODERS &&
           (p->blocks & RNN_I_START || p->source == i);
}

/* A call's whole chain, in one task where there are no windows. */
RNN_I_FN void rnn_i_set_pass(rnn_i_pass *p, rnn_work *work,
                             const rnn_flow *flow)
{
    p->work = work;
    p->flow = flow;
    p->blocks = RNN_I_CHAIN;
    p->source = p->again = 0;
}

/* Whether a side's layer 0 gathers the rows of its weights, and reads nothing
 * beside: then nothing reads copies of its W_ih. */
RNN_I_FN int rnn_i_gathers(const rnn_i_side *s)
{
    return s->input == RNN_INPUT_ONE_HOT && s->y.I == s->reads;
}

/* The copies: in strips, which forward reads, and transposed, which backward
 * does. The places are those of rnn_i_model_copies; what is made, packed and
 * strips of each stack say. A task of its own, since a pass on shares of the
 * rows reads the copies whole. */
RNN_I_FN void rnn_i_pack_model(const rnn_i_call *call, void *arg)
{
    const rnn_work *work = ((const rnn_i_pass *)arg)->work;
    const rnn_i_model *m = &work->i.m;
    const rnn_real *params = work->weights;
    const int train = m->top.y.packed;
    int i;

    for (i = 0; i < m->sources && !m->given; i++) {
        const rnn_i_source *s = &m->source[i];
        const rnn_i_att *att = &s->look.a;
        const rnn_real *w = params + s->att;
        rnn_i_pack(call, &s->side.y, params + s->side.rnn,
                   rnn_i_gathers(&s->side));
        if (train && m->attention && att->row->W)
            rnn_i_transpose(call, w, att->Q, att->A, s->look.W_t);
        if (train && m->attention && att->row->U)
            rnn_i_transpose(call, w + att->U, att->K, att->A, s->look.U_t);
    }
    rnn_i_pack(call, &m->top.y, params + m->top.rnn, rnn_i_gathers(&m->top));
    if (train && m->q)
        rnn_i_transpose(call, params + m->bridge, m->R, m->C, m->bridge_t);
    if (train && m->O)
        rnn_i_transpose(call, params + m->head, m->W + m->Z, m->O, m->head_t);
}

/* For inference only strips are made; the stamp says that they can be read. Its
 * hash is of the plan and of where the array lies, so that copies that were
 * moved, or are another plan's, are found out. */
RNNDEF rnn_status rnn_pack(const rnn_net *net, rnn_work *work)
{
    rnn_i_pass pass;
    rnn_i_call call;
    rnn_i_model *m;
    int i;
    rnn_status st = rnn_i_enter(net, work, &call);

    if (st)
        return st;
    if (!work->packed || !net->sizes.packed)
        return RNN_I_NO(call.why, RNN_E_ARG, "packed",
                        "@: the plan has none, or it is NULL", 0, 0);
    if (work->packed != work->i.packed)
        return RNN_I_NO(call.why, RNN_E_ORDER, "packed",
                        "@ has been moved since rnn_bind", 0, 0);
    m = &work->i.m;
    for (i = 0; i < m->sources && !m->given; i++) {
        m->source[i].side.y.strips = 1;
        m->source[i].side.y.packed = 0;
    }
    m->top.y.strips = 1;
    m->top.y.packed = 0;
    rnn_i_set_pass(&pass, work, NULL);
    rnn_i_each(&call, rnn_i_pack_model, &pass);
    rnn_i_stamp(work->packed, RNN_I_READY, rnn_i_hash_packed(net, work));
    return RNN_OK;
}

/* Numbers of logits before the steps of a window. */
RNN_I_FN size_t rnn_i_logits_past(const rnn_i_open *o)
{
    return o->m.n_to_1 ? 0 : (size_t)o->inner.past * o->m.B * o->m.Y;
}

/* The chain of a wiring, or blocks of it, on a share of the rows. */
RNN_I_FN void rnn_i_run_forward(const rnn_i_call *call, void *arg)
{
    const rnn_i_pass *p = (const rnn_i_pass *)arg;
    const rnn_i_open *o = &p->work->i;
    const rnn_real *params = p->work->weights;
    rnn_real *logits = p->work->logits + rnn_i_logits_past(o);
    int i;

    for (i = 0; i < o->m.sources; i++)
        if (rnn_i_has_encoder(p, i))
            rnn_i_encoder_forward(call, o, params, i, p->again);
    if (o->m.decoder && p->blocks & RNN_I_START)
        rnn_i_encode(call, o, params);
    if (!(p->blocks & RNN_I_TOP))
        return;
    if (o->m.decoder)
        rnn_i_decoder_forward(call, o, params, logits, p->again);
    else
        rnn_i_plain_forward(call, o, params, logits, p->again);
}

/* Some blocks of a chain, on shares of the rows. */
RNN_I_FN void rnn_i_run_blocks(const rnn_i_call *call, rnn_i_pass *p,
                               int blocks, rnn_i_task task)
{
    p->blocks = blocks;
    rnn_i_each_row(call, p->work->i.m.B, task, p);
}

/* Where dx of the caller's x goes: in the parts of the top, from a window's
 * first step on. */
RNN_I_FN void rnn_i_open_dx(rnn_i_open *o, const rnn_flow *flow)
{
    rnn_i_side *top = &o->m.top;

    if (!top->E && flow && flow->dx && top->input == RNN_INPUT_DENSE)
        top->y.in[0].dx =
            flow->dx + rnn_i_number(o->seq, o->inner.past, 0) * top->I;
}

/* Opens window w of encoder i or, behind the last of them, of the top. */
RNN_I_FN void rnn_i_open_window(rnn_i_pass *p, int i, size_t w)
{
    rnn_i_open *o = &p->work->i;
    const int top = i == o->m.sources;
    const rnn_i_side *s = top ? &o->m.top : &o->m.source[i].side;
    const int all = top ? o->seq->steps : o->source[i].steps;
    const int from = s->windows > 1 ? (int)(w * s->y.T) : 0;
    const int rest = all - from;
    const int steps =
        s->windows > 1 && (size_t)rest > s->y.T ? (int)s->y.T : rest;
    const int train = o->pass == RNN_I_TRAINING;

    p->source = i;
    if (!top) {
        rnn_i_open_encoder(o, i, from, steps);
        return;
    }
    rnn_i_open_top(o, p->work->weights, train, from, steps);
    rnn_i_open_dx(o, p->flow);
}

/* In how many that is. */
RNN_I_FN size_t rnn_i_windows_of(const rnn_i_model *m, int i)
{
    return i == m->sources ? m->top.windows : m->source[i].side.windows;
}

/* Forward window by window, the encoders, then the top. The arrays hold each
 * side's last window in the end: where backward begins. */
RNN_I_FN void rnn_i_windows_forward(const rnn_i_call *call, rnn_i_pass *p)
{
    rnn_i_open *o = &p->work->i;
    const int sources = o->m.sources;
    size_t w;
    int i;

    for (i = 0; i < sources; i++)
        for (w = 0; w < rnn_i_windows_of(&o->m, i); w++) {
            rnn_i_open_window(p, i, w);
            rnn_i_run_blocks(call, p, RNN_I_ENCODERS, rnn_i_run_forward);
        }
    if (o->m.decoder)
        rnn_i_run_blocks(call, p, RNN_I_START, rnn_i_run_forward);
    if (o->pass == RNN_I_ENCODING)
        return;
    for (w = 0; w < o->m.top.windows; w++) {
        rnn_i_open_window(p, sources, w);
        rnn_i_run_blocks(call, p, RNN_I_TOP, rnn_i_run_forward);
    }
    rnn_i_open_top(o, p->work->weights, o->pass == RNN_I_TRAINING, 0,
                   o->seq->steps);
}

/* A pass from its checks to its stamp. In training the copies of the weights
 * are made anew each time, since an optimiser has changed them. They go over
 * those of rnn_pack, whose stamp is blanked first. Tasks in order: copies, then
 * the pass. What the stamp in keep says of the sequences, backward compares. */
RNN_I_FN rnn_status rnn_i_forward(const rnn_net *net, rnn_work *work,
                                  const rnn_seq *seq, int kind)
{
    const int train = kind == RNN_I_TRAINING;
    rnn_i_pass pass;
    rnn_i_call call;
    rnn_status st = rnn_i_open_pass(net, work, seq, kind, &call);

    if (st)
        return st;
    rnn_i_set_pass(&pass, work, NULL);
    work->i.out = kind;
    work->i.out_steps = seq->steps;
    work->i.out_batch = seq->batch;
    work->i.out_lengths = rnn_i_hash_lengths(seq);
    if (train && work->i.m.packed) {
        rnn_i_stamp(work->packed, RNN_I_BLANK, 0); /* those of this pass */
        rnn_i_each(&call, rnn_i_pack_model, &pass);
    }
    if (work->i.m.windows)
        rnn_i_windows_forward(&call, &pass);
    else
        rnn_i_each_row(&call, work->i.m.B, rnn_i_run_forward, &pass);
    if (train)
        rnn_i_stamp(work->keep, RNN_I_READY, rnn_i_hash_pass(net, work, seq));
#ifdef RNN_CHECK
    if (train) {
        work->i.read = rnn_i_hash_read(work, seq);
        work->i.weights = rnn_i_hash_weights(work);
        work->i.stale = work->i.lost ? rnn_i_hash_dlogits(work) : 0;
    }
#endif
    return RNN_OK;
}

RNNDEF rnn_status rnn_forward(const rnn_net *net, rnn_work *work,
                              const rnn_seq *seq)
{
    return rnn_i_forward(net, work, seq, RNN_I_TRAINING);
}

RNNDEF rnn_status rnn_infer(const rnn_net *net, rnn_work *work,
                            const rnn_seq *seq)
{
    return rnn_i_forward(net, work, seq, RNN_I_USING);
}

/* The same chain from its end, on a share of the rows; the gradients of weights
 * are another task, on shares of columns. grads, which that task adds to, is
 * cleared here, on shares of its elements: that task begins when all parts of
 * this are done. */
RNN_I_FN void rnn_i_run_backward(const rnn_i_call *call, void *arg)
{
    const rnn_i_pass *p = (const rnn_i_pass *)arg;
    const rnn_i_open *o = &p->work->i;
    const rnn_i_model *m = &o->m;
    const rnn_real *params = p->work->weights;
    const int top = p->blocks & RNN_I_TOP;
    const int begins = top && rnn_i_is_last(o->seq, &o->inner);
    size_t first, end;
    int i;

    if (begins && (!p->flow || (!p->flow->accumulate && !p->flow->frozen))) {
        rnn_i_share(call, m->params, &first, &end);
        rnn_i_copy(p->work->grads + first, NULL, end - first);
    }
    rnn_i_share(call, m->B, &first, &end);
    /* what the head, the stack and the start add to */
    if (begins && m->decoder)
        rnn_i_copy(m->dc + first * m->C, NULL, (end - first) * m->C);
    if (top)
        rnn_i_head_backward(call, o, params,
                            p->work->dlogits + rnn_i_logits_past(o));
    if (top && m->decoder)
        rnn_i_decoder_backward(call, o, params, p->flow);
    else if (top)
        rnn_i_plain_backward(call, o, params, p->flow);
    if (m->decoder && p->blocks & RNN_I_START)
        rnn_i_encode_backward(call, o, params, p->flow);
    for (i = 0; i < m->sources && !m->given; i++)
        if (rnn_i_has_encoder(p, i))
            rnn_i_encoder_backward(call, o, params, i,
                                   rnn_i_flow_of(p->flow, i));
}

/* Weight gradients of all blocks: no two parts write the same column. Each
 * block cuts its own columns, so a share is other columns in each; blocks read
 * what backward has left, and none reads what another writes. */
RNN_I_FN void rnn_i_model_grads(const rnn_i_call *call, void *arg)
{
    const rnn_i_pass *p = (const rnn_i_pass *)arg;
    const rnn_i_open *o = &p->work->i;
    const rnn_i_side *top = &o->m.top;
    rnn_real *grads = p->work->grads;
    int i;

    if (p->blocks & RNN_I_TOP) {
        rnn_i_head_grads(call, o, p->work->dlogits + rnn_i_logits_past(o),
                         grads);
        rnn_i_stack_grads(call, &top->y, &top->stack, &o->inner,
                          grads + top->rnn);
        rnn_i_embed_grads(call, top, &o->tokens, top->dx, grads);
        for (i = 0; i < o->m.sources && o->m.attention; i++)
            rnn_i_query_grads(call, &o->m.source[i].look,
                              grads + o->m.source[i].att);
    }
    if (o->m.decoder && p->blocks & RNN_I_START)
        rnn_i_encode_grads(call, o, grads);
    for (i = 0; i < o->m.sources; i++)
        if (rnn_i_has_encoder(p, i))
            rnn_i_encoder_grads(call, o, i, grads);
}

/* Blocks backward, and their gradients. */
RNN_I_FN void rnn_i_blocks_backward(const rnn_i_call *call, rnn_i_pass *p,
                                    int blocks)
{
    rnn_i_run_blocks(call, p, blocks, rnn_i_run_backward);
    if (!p->flow || !p->flow->frozen)
        rnn_i_each(call, rnn_i_model_grads, p);
}

/* A side window by window from its last, which is there; the others are
 * computed again, from the state where each begins. */
RNN_I_FN void rnn_i_side_backward(const rnn_i_call *call, rnn_i_pass *p, int i)
{
    const rnn_i_model *m = &p->work->i.m;
    const int blocks = i == m->sources ? RNN_I_TOP : RNN_I_ENCODERS;
    const size_t windows = rnn_i_windows_of(m, i);
    size_t w;

    for (w = windows; w-- > 0;) {
        rnn_i_open_window(p, i, w);
        p->again = 1;
        if (w + 1 < windows)
            rnn_i_run_blocks(call, p, blocks, rnn_i_run_forward);
        p->again = 0;
        rnn_i_blocks_backward(call, p, blocks);
    }
}

/* From the top to the encoders. Between them attention looks at all steps. */
RNN_I_FN void rnn_i_windows_backward(const rnn_i_call *call, rnn_i_pass *p)
{
    rnn_i_open *o = &p->work->i;
    int i;

    rnn_i_side_backward(call, p, o->m.sources);
    if (!o->m.decoder)
        return;
    rnn_i_open_top(o, p->work->weights, 1, 0, o->seq->steps);
    rnn_i_blocks_backward(call, p, RNN_I_START);
    for (i = 0; i < o->m.sources && !o->m.given; i++)
        rnn_i_side_backward(call, p, i);
}

/* Whether what flow asks for can be: tokens have no gradient. Of a table's rows
 * dx is the library's own, and goes into the table. */
RNN_I_FN rnn_status rnn_i_check_flow(const rnn_i_model *m, const rnn_flow *flow,
                                     const rnn_i_side *side, const rnn_seq *seq)
{
    rnn_status st =
        flow->dx ? rnn_i_check_dx(seq, side->input == RNN_INPUT_DENSE, m->why)
                 : RNN_OK;

    if (!st)
        st = rnn_i_check_c(m, flow->dcn, "dcn", m->why);
    if (!st)
        st = rnn_i_check_c(m, flow->dc0, "dc0", m->why);
    if (!st && flow->dx)
        st = rnn_i_long(m->why, "dx", flow->dx_len,
                        rnn_i_times(rnn_i_extent(seq), side->I));
    return st || !(flow->dhn || flow->dcn || flow->dh0 || flow->dc0)
               ? st
               : rnn_i_long(m->why, "each of dhn, dcn, dh0, dc0",
                            flow->state_len,
                            rnn_i_states_of(m, side, (size_t)seq->batch));
}

/* The same of all sides. */
RNN_I_FN rnn_status rnn_i_check_flows(const rnn_i_model *m,
                                      const rnn_flow *flow, const rnn_seq *seq)
{
    rnn_status st = flow ? rnn_i_check_flow(m, flow, &m->top, seq) : RNN_OK;
    int i;

    if (flow && !st)
        st = rnn_i_in(m->why, RNN_E_ARG, "accumulate", flow->accumulate, 0, 1);
    if (flow && !st)
        st = rnn_i_in(m->why, RNN_E_ARG, "frozen", flow->frozen, 0, 1);
    for (i = 0; flow && flow->source && i < m->sources && !st; i++) {
        const rnn_flow *from = &flow->source[i];
        st = from->accumulate || from->frozen
                 ? RNN_I_NO(m->why, RNN_E_ARG,
                            "flow.source's accumulate or frozen",
                            "@ is set: the target's flow says it for all", 0, 0)
                 : RNN_OK;
        if (!st)
            st = rnn_i_of_source(
                m->why, i, m->sources,
                rnn_i_check_flow(m, from, &m->source[i].side, &seq->source[i]));
    }
    return st;
}

/* Whether keep holds this pass, and backward, unless most says that it may,
 * has not been there. */
RNN_I_FN rnn_status rnn_i_check_keep(rnn_work *work, uint32_t hash, int most)
{
    const int says = rnn_i_stamped(work->keep, hash);

    if (says == RNN_I_BLANK)
        return RNN_I_NO(&work->why, RNN_E_ORDER, "keep",
                        "@ is empty: there was no forward pass", 0, 0);
    if (says < 0)
        return RNN_I_NO(
            &work->why, RNN_E_ORDER, "keep",
            "@ holds a pass with other steps, batch, lengths, strides, fresh, "
            "seed, first_step, first_row or own_rate",
            0, 0);
    return says > most ? RNN_I_NO(&work->why, RNN_E_ORDER, "keep",
                                  "@ is used up: backward has been there", 0, 0)
                       : RNN_OK;
}

/* The stamp in keep tells whether this is the pass that forward has been
 * through; it is marked as used before anything is overwritten: z becomes dz,
 * so a second backward would read gradients for gates. Other calls may have
 * been in between. Places follow from the kind and sizes of a pass alone, so
 * opening it again finds forward's arrays in keep.
 *
 * Where dx of the caller's x goes is written into the work here, before any
 * task runs; opening the next pass sets it anew. */
RNNDEF rnn_status rnn_backward(const rnn_net *net, rnn_work *work,
                               const rnn_seq *seq, const rnn_flow *flow)
{
    rnn_i_pass pass;
    rnn_i_call call;
    rnn_i_model *m;
    uint32_t hash;
    rnn_status st = rnn_i_open_pass(net, work, seq, RNN_I_TRAINING, &call);

    if (st)
        return st;
    m = &work->i.m;
    hash = rnn_i_hash_pass(net, work, seq);
    st = rnn_i_check_flows(m, flow, seq);
    if (!st && !(flow && flow->frozen))
        st = rnn_i_check_array(call.why, "grads", work->grads, work->grads_len,
                               m->params);
    if (!st)
        st = rnn_i_check_keep(work, hash, RNN_I_READY);
    if (!st && work->i.own) /* which the caller may have written */
        st = rnn_i_check_ids(&work->i.tokens, (int)m->top.I, "own_ids",
                             call.why);
#ifdef RNN_CHECK
    if (!st && work->i.weights != rnn_i_hash_weights(work))
        st = RNN_I_NO(call.why, RNN_E_ORDER, "params",
                      "@ have changed since rnn_forward", 0, 0);
    if (!st && work->i.read != rnn_i_hash_read(work, seq))
        st = RNN_I_NO(call.why, RNN_E_ORDER, "x or ids",
                      "@ have changed since rnn_forward", 0, 0);
    if (!st)
        st = rnn_i_check_gradients(work, seq, flow);
#endif
    if (st)
        return st;
    rnn_i_stamp(work->keep, RNN_I_USED, hash);
    rnn_i_open_dx(&work->i, flow);
    rnn_i_set_pass(&pass, work, flow);
    if (m->windows)
        rnn_i_windows_backward(&call, &pass);
    else
        rnn_i_blocks_backward(&call, &pass, RNN_I_CHAIN);
    if (!flow || !flow->frozen)
        work->i.grads = 1;
    return RNN_OK;
}

/* ---- looking at what forward has kept ------------------------------------ */

/* Hands out the arrays of the pass again, as forward has left them, or backward
 * (RNN_I_USED): z holds gradients then. Needs the same seq as backward does. */
RNN_I_FN rnn_status rnn_i_open_view(const rnn_net *net, rnn_work *work,
                                    const rnn_seq *seq, int view)
{
    rnn_i_call call;
    rnn_status st = rnn_i_open_pass(net, work, seq, RNN_I_TRAINING, &call);

    if (!st && !view)
        st = RNN_I_NO_NULL(call.why, "view");
    if (st)
        return st;
    return rnn_i_check_keep(work, rnn_i_hash_pass(net, work, seq), RNN_I_USED);
}

/* Pointers into keep, not copies: good until the next forward pass, and
 * backward turns the gates of layers into their gradients. What a model has not
 * is NULL. */
RNNDEF rnn_status rnn_view_model(const rnn_net *net, rnn_work *work,
                                 const rnn_seq *seq, rnn_view *view)
{
    const rnn_i_model *m;
    int i;
    rnn_status st = rnn_i_open_view(net, work, seq, view != NULL);

    if (st)
        return st;
    m = &work->i.m;
    view->h0 = m->decoder ? m->top.h0 : NULL;
    view->c0 = m->decoder && m->top.y.C ? m->top.c0 : NULL;
    view->c = m->uses_c ? m->c : NULL;
    for (i = 0; i < RNN_MAX_SOURCES; i++) {
        const rnn_i_source *s = &m->source[i];
        const int there = i < m->sources && !m->given;
        view->source[i].memory = there && m->keeps ? s->memory : NULL;
        view->source[i].attention = there && m->attention ? s->attn : NULL;
        view->source[i].context = there && m->attention && m->top.windows == 1
                                      ? s->look.context
                                      : NULL;
    }
    return RNN_OK;
}

RNNDEF rnn_status rnn_view_layer(const rnn_net *net, rnn_work *work,
                                 const rnn_seq *seq, int which, int layer,
                                 int direction, rnn_layer_view *view)
{
    const rnn_i_side *side;
    const rnn_i_lay *y;
    rnn_i_layer a;
    rnn_status st = rnn_i_open_view(net, work, seq, view != NULL);

    if (st)
        return st;
    st = rnn_i_in(&work->why, RNN_E_ARG, "which", which, 0,
                  work->i.m.given ? 0 : work->i.m.sources);
    if (st)
        return st;
    side = which ? &work->i.m.source[which - 1].side : &work->i.m.top;
    y = &side->y;
    if (side->windows > 1)
        return RNN_I_NO(&work->why, RNN_E_UNSUPPORTED, "keep_every",
                        "with @ = # most states of this stack are not there",
                        net->most.keep_every, 0);
    st = rnn_i_in(&work->why, RNN_E_ARG, "layer", layer, 0, (int)y->L - 1);
    if (!st)
        st = rnn_i_in(&work->why, RNN_E_ARG, "direction", direction, 0,
                      (int)y->D - 1);
    if (st)
        return st;
    rnn_i_layer_of(y, (size_t)layer, (size_t)direction, &a);
    view->h = a.h_now;
    view->c = a.c_now;
    view->gates = a.z;
    return RNN_OK;
}

/* ============================================================================
 * [TENSORS]  parameters by name
 *
 *     emb.weight                        table; emb_src, emb_src2, emb_tgt of a
 *                                       model with a decoder
 *     rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0, rnn.bias_hh_l0,
 *     rnn.weight_ih_l0_reverse, ...     a stack; enc., enc2., dec. of a model
 *                                       with a decoder
 *     bridge.weight, bridge.bias        Q, q
 *     att.W, att.U, att.v               attention; att2. of the second source
 *     out.weight, out.bias              the head
 *
 * Without a head and a table a plain stack has no prefix, as torch.nn.LSTM.
 * Initialisers, optimisers and files are loops over rnn_model_tensor.
 * ========================================================================= */

/* A matrix (cols = 0: a vector) of PyTorch's shape at `offset`; fan is the n of
 * its initialiser. Ours is its transpose, (cols, rows), but for tables and a
 * cell's own vectors, whose callers take `transposed` back. */
RNN_I_COLD void rnn_i_matrix_of(rnn_tensor *t, size_t rows, size_t cols,
                                size_t offset, size_t fan)
{
    t->rows = (int)rows;
    t->cols = (int)cols;
    t->transposed = cols != 0;
    t->fan = (int)fan;
    t->offset = offset;
    t->size = rows * (cols ? cols : 1);
}

/* How many tensors a layer has in a direction. */
RNN_I_COLD size_t rnn_i_layer_tensors(const rnn_i_lay *y)
{
    return (y->bias ? 4u : 2u) + (y->P ? 1u : 0u);
}

/* Tensor i of a stack whose names start with prefix; its offset counts from the
 * stack's first parameter. The order is that of params: layer, direction, then
 * W_ih, W_hh, b_ih, b_hh, the cell's vectors. */
RNN_I_COLD rnn_status rnn_i_stack_tensor(const rnn_i_lay *y, size_t i,
                                         const char *prefix, rnn_tensor *t)
{
    /* a decoder that reads nothing has no weight_ih_l0 */
    const size_t n = i + (y->I ? 0u : 1u), each = rnn_i_layer_tensors(y);
    const size_t q = n / each, gh = y->G * y->H;
    const size_t what = y->P && n % each == each - 1 ? 4 : n % each;
    static const char *const names[] = {"weight_ih", "weight_hh", "bias_ih",
                                        "bias_hh"};
    rnn_i_layer a;
    char *name = t->name;

    if (q >= y->L * y->D)
        return RNN_E_END;
    rnn_i_layer_at(y, q / y->D, q % y->D, &a);
    name = rnn_i_put(name, prefix);
    name = rnn_i_put(name, what < 4 ? names[what] : y->row->more);
    name = rnn_i_put(name, "_l");
    name = rnn_i_put_number(name, q / y->D);
    if (q % y->D)
        rnn_i_put(name, "_reverse");
    if (what == 0)
        rnn_i_matrix_of(t, gh, a.in, a.w_ih, y->H);
    else if (what == 1)
        rnn_i_matrix_of(t, gh, y->H, a.w_hh, y->H);
    else if (what < 4)
        rnn_i_matrix_of(t, gh, 0, what == 2 ? a.b_ih : a.b_hh, y->H);
    else
        rnn_i_matrix_of(t, y->P, y->H, a.p, y->H);
    t->transposed &= what < 4;
    return RNN_OK;
}

/* Walks over the tensors of a model: if *i is 0, this is the one, and it is put
 * into t; else *i counts down. Once it has been found, *i is of no use. */
RNN_I_COLD int rnn_i_named(size_t *i, rnn_tensor *t, const char *name,
                           const char *more, size_t rows, size_t cols,
                           size_t offset, size_t fan)
{
    if ((*i)-- > 0)
        return 0;
    rnn_i_put(rnn_i_put(t->name, name), more);
    rnn_i_matrix_of(t, rows, cols, offset, fan);
    return 1;
}

/* The same for the tensors of a side: its table, and its stack if `stack`. */
RNN_I_COLD int rnn_i_side_tensor(size_t *i, rnn_tensor *t, const rnn_i_side *s,
                                 int stack, const char *table, const char *name)
{
    const rnn_i_lay *y = &s->y;
    size_t n;

    if (s->E && rnn_i_named(i, t, table, ".weight", s->I, s->E, s->table, 0)) {
        t->transposed = 0;
        return 1;
    }
    if (!stack)
        return 0;
    n = y->L * y->D * rnn_i_layer_tensors(y) - (y->I ? 0u : 1u);
    if (*i >= n) {
        *i -= n;
        return 0;
    }
    (void)rnn_i_stack_tensor(y, *i, name, t);
    t->offset += s->rnn;
    return 1;
}

/* A stack and nothing else, whose tensors have no prefix. */
RNN_I_COLD int rnn_i_is_bare(const rnn_i_model *m)
{
    return !m->decoder && !m->O && !m->top.E;
}

/* The order is that of params: sources, bridge, attention, the stack in front
 * of the head with its table, the head. Every parameter is in one tensor, and
 * tensors leave no gap, so a loop over them is a loop over params: optimisers
 * and files rely on it. Each call describes the model anew; none depends on the
 * one before. */
RNNDEF rnn_status rnn_model_tensor(const rnn_model *model, int i,
                                   rnn_tensor *tensor, rnn_why *why)
{
    static const char *const tables[] = {"emb_src", "emb_src2"};
    static const char *const encoders[] = {"enc.", "enc2."};
    static const char *const atts[] = {"att.", "att2."};
    rnn_tensor *t = tensor;
    rnn_i_model m;
    size_t n = (size_t)i, W;
    int s;
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_there(why, "tensor", tensor);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "i", i, 0, INT_MAX);
    if (!st)
        st = rnn_i_model_of(model, &m, why);
    if (st)
        return st;
    for (s = 0; s < m.sources; s++)
        if (rnn_i_side_tensor(&n, t, &m.source[s].side, !m.given, tables[s],
                              encoders[s]))
            return RNN_OK;
    if (m.q &&
        (rnn_i_named(&n, t, "bridge.weight", "", m.C, m.R, m.bridge, m.R) ||
         rnn_i_named(&n, t, "bridge.bias", "", m.C, 0, m.bridge + m.R * m.C,
                     m.R)))
        return RNN_OK;
    for (s = 0; s < m.sources && m.attention; s++) {
        const rnn_i_att *a = &m.source[s].look.a;
        const size_t at = m.source[s].att;
        if ((a->row->W &&
             rnn_i_named(&n, t, atts[s], "W", a->A, a->Q, at, a->Q)) ||
            (a->row->U &&
             rnn_i_named(&n, t, atts[s], "U", a->A, a->K, at + a->U, a->K)) ||
            (a->row->v &&
             rnn_i_named(&n, t, atts[s], "v", a->A, 0, at + a->v, a->A)))
            return RNN_OK;
    }
    if (rnn_i_side_tensor(&n, t, &m.top, 1,
                          m.decoder && !m.given ? "emb_tgt" : "emb",
                          m.decoder && !m.given ? "dec."
                          : rnn_i_is_bare(&m)   ? ""
                                                : "rnn."))
        return RNN_OK;
    if (!m.O)
        return RNN_E_END;
    W = m.W + m.Z;
    return rnn_i_named(&n, t, "out.weight", "", m.O, W, m.head, W) ||
                   rnn_i_named(&n, t, "out.bias", "", m.O, 0, m.head + W * m.O,
                               W)
               ? RNN_OK
               : RNN_E_END;
}

/* ============================================================================
 * [FIRMWARE]  functions of a description that the compiler knows
 *
 * The blocks of [STACK] and [CELLS] with constants for all sizes, of which the
 * compiler makes one cell and its products. One row, one direction, time in
 * plain loops; of an N vs N or N vs 1 model:
 *
 *     forward     rnn_i_stack_step in each slot, from a copy of the one before
 *     backward    t descending: head, then the layers from the top
 *     gradients   of all steps at once, as in [STACK]
 *
 *     keep        z (T, L, K*H)    h (T + 1, L, H)    c the same, if it has c
 *     scratch     dh (L, H)    dc or dq the same, if it has one    dx (H or E)
 * ========================================================================= */

typedef struct rnn_i_fixed {
    rnn_wiring wiring;
    int cell;
    size_t I, E, H, L, O;
    int bias;
    size_t X, Z; /* of c_t, what its first layer and its head read, too */
} rnn_i_fixed;

/* What a step reads: x or *id, and c_t. */
typedef struct rnn_i_fixed_in {
    const rnn_real *x, *c;
    const int *id;
} rnn_i_fixed_in;

/* Of a call what rnn_i_stack_step and what it calls read: whoever lets them
 * read more sets it here, or in rnn_i_fix_stack. call and y are variables of
 * their own in each function, since compilers fold no larger ones. */
RNN_I_INLINE void rnn_i_fix_call(rnn_i_call *call)
{
    call->k = RNN_I_PLAIN;
    call->part = 0;
    call->parts = 1;
    call->spread = call->slice = call->block = 0;
    call->slices = 1;
    call->run = NULL;
    call->from = 0;
    call->to = INT_MAX;
    call->room = NULL;
    call->room_len = 0;
}

RNN_I_INLINE void rnn_i_fix_stack(const rnn_i_fixed *f, rnn_i_lay *y)
{
    y->cell = f->cell;
    y->bias = f->bias;
    y->packed = y->strips = y->half = 0;
    y->wt = y->ws = NULL;
    y->ih0 = y->ih = y->hh = 0;
    y->row = &rnn_i_cells[f->cell];
    y->G = y->row->G;
    y->K = y->row->K;
    y->C = y->row->c;
    y->P = y->row->P;
    y->I = (f->E ? f->E : f->I) + f->X;
    y->H = y->state = f->H;
    y->L = f->L;
    y->D = y->B = 1;
    y->ins = f->X ? 2 : 1;
}

/* rnn_i_copy, of which one is enough. */
RNN_I_APART void rnn_i_move(rnn_real *to, const rnn_real *from, size_t n)
{
    rnn_i_copy(to, from, n);
}

/* Where the head's parameters begin, behind the table and the stack, as
 * rnn_i_model_of lays out a model without a decoder; and all of them. */
RNN_I_INLINE size_t rnn_i_fixed_head(const rnn_i_fixed *f, const rnn_i_lay *y)
{
    rnn_i_layer last;

    rnn_i_layer_at(y, f->L - 1, 0, &last);
    return f->I * f->E + last.end;
}

RNN_I_INLINE size_t rnn_i_fixed_params(const rnn_i_fixed *f)
{
    rnn_i_lay y;

    rnn_i_fix_stack(f, &y);
    return rnn_i_fixed_head(f, &y) + (f->H + f->Z + 1) * f->O;
}

/* The layers of a step; h, c (L, H) in place, z (K*H), with RNN_I_KEEPS (L,
 * K*H); behind it there is room for a row of the table, if that is far. */
RNN_I_INLINE void rnn_i_fixed_layers(const rnn_i_fixed *f,
                                     const rnn_real *params,
                                     const rnn_i_fixed_in *in, rnn_real *h,
                                     rnn_real *c, rnn_real *z, int how)
{
    const rnn_real *x = in->x;
    rnn_i_call call;
    rnn_i_lay y;
    rnn_seq one;

    rnn_i_fix_call(&call);
    rnn_i_fix_stack(f, &y);
    rnn_i_flat(&one, 1);
    one.ids = in->id;
    if (f->E)
        x = params + (size_t)*in->id * f->E;
    if (f->E && RNN_I_FAR && !(how & RNN_I_KEEPS)) {
        rnn_real *row = z + y.K * y.H;
        size_t i;
        for (i = 0; i < f->E; i++)
            row[i] = RNN_WEIGHT(x + i);
        x = row;
    }
    rnn_i_set_part(y.in, x, y.I - f->X, NULL);
    if (f->X)
        rnn_i_set_part(y.in + 1, in->c, f->X, NULL);
    rnn_i_stack_step(&call, &y, params + f->I * f->E, &one, h, c, z, how);
}

/* The product of one row that a step makes beside its layers: y = b + x w, or
 * with RNN_I_FROM_C added to y; x are `row` and on of what w reads. */
RNN_I_INLINE void rnn_i_fixed_product(const rnn_i_call *call, const rnn_real *x,
                                      size_t width, const rnn_i_matrix *w,
                                      size_t row, const rnn_i_columns *y,
                                      int how)
{
    rnn_i_part part;
    rnn_i_product p;

    rnn_i_set_part(&part, x, width, NULL);
    rnn_i_blank(call, &p);
    p.m = 1;
    rnn_i_step_product(call, &p, 0, &part, w, row, y, how);
}

/* The head of a step; h is the top layer's, c is c_t. */
RNN_I_INLINE void rnn_i_fixed_logits(const rnn_i_fixed *f,
                                     const rnn_real *params, const rnn_real *h,
                                     const rnn_real *c, rnn_real *logits,
                                     int how)
{
    rnn_i_call call;
    rnn_i_lay y;
    rnn_i_columns out;
    rnn_i_matrix v;

    rnn_i_fix_call(&call);
    rnn_i_fix_stack(f, &y);
    params += rnn_i_fixed_head(f, &y);
    v = rnn_i_matrix_at(params, f->H + f->Z, f->O);
    out = rnn_i_result(logits, f->O, params + v.in * f->O);
    rnn_i_fixed_product(&call, h, f->H, &v, 0, &out, how);
    out.start = RNN_I_FROM_C;
    if (f->Z)
        rnn_i_fixed_product(&call, c, f->Z, &v, f->H, &out, how);
}

RNN_I_INLINE void rnn_i_fixed_step(const rnn_i_fixed *f, const rnn_real *params,
                                   const rnn_real *x, const int *id,
                                   rnn_real *h, rnn_real *c, rnn_real *logits,
                                   rnn_real *scratch)
{
    rnn_i_fixed_in in;

    in.x = x;
    in.id = id;
    in.c = NULL;
    rnn_i_fixed_layers(f, params, &in, h, c, scratch, RNN_I_INLINED);
    if (f->O)
        rnn_i_fixed_logits(f, params, h + (f->L - 1) * f->H, NULL, logits,
                           RNN_I_INLINED);
}

RNN_I_INLINE void rnn_i_fixed_forward(const rnn_i_fixed *f,
                                      const rnn_real *params,
                                      const rnn_seq *seq, rnn_real *keep,
                                      rnn_real *logits)
{
    const size_t T = (size_t)seq->steps, state = f->L * f->H;
    const int last = f->wiring == RNN_WIRING_N_TO_1;
    const int dense = !f->E && seq->x != NULL;
    const rnn_i_cell *row = &rnn_i_cells[f->cell];
    rnn_real *z = keep, *h = z + T * row->K * state;
    rnn_real *c = row->c ? h + (T + 1) * state : NULL;
    rnn_i_fixed_in in;
    size_t t;

    in.c = NULL;
    rnn_i_move(h, seq->h0, state);
    if (c)
        rnn_i_move(c, seq->c0, state);
    for (t = 0; t < T; t++, z += row->K * state) {
        rnn_i_move(h + state, h, state);
        h += state;
        if (c) {
            rnn_i_move(c + state, c, state);
            c += state;
        }
        in.x = dense ? seq->x + t * f->I : NULL;
        in.id = dense ? NULL : seq->ids + t;
        rnn_i_fixed_layers(f, params, &in, h, c, z, RNN_I_KEEPS | RNN_I_CALLED);
        if (f->O && (!last || t + 1 == T))
            rnn_i_fixed_logits(f, params, h + state - f->H, NULL,
                               logits + (last ? 0 : t * f->O), RNN_I_CALLED);
    }
    if (seq->hn)
        rnn_i_move(seq->hn, h, state);
    if (c && seq->cn)
        rnn_i_move(seq->cn, c, state);
}

/* A backward pass at work: what forward has kept, from step 0 and layer 0 on;
 * gradients of the state, which go from step to step, and of an input. */
typedef struct rnn_i_fixed_pass {
    const rnn_seq *seq;
    const rnn_real *params;
    size_t T;
    rnn_real *z, *h, *c, *dh, *dc, *dx, *grads;
} rnn_i_fixed_pass;

/* dx = dz W_ih^T of a layer at a step whose dz is in z. */
RNN_I_INLINE void rnn_i_fixed_dx(const rnn_i_call *call, const rnn_i_layer *a,
                                 const rnn_real *z, rnn_real *dx)
{
    const size_t H = a->y->H;
    int start = RNN_I_FROM_ZERO, i;
    rnn_i_product p;

    rnn_i_blank(call, &p);
    p.n = a->in;
    p.a_i = p.c_i = 0;
    RNN_I_UNROLL for (i = 0; i < RNN_I_PIECES; i++)
    {
        const rnn_i_piece *e = &a->y->row->piece[i];
        if (e->from != RNN_I_FROM_X)
            continue;
        p.m = 1;
        p.k = e->n * H;
        p.a = z + e->z * H;
        rnn_i_by_transpose(&p, &a->W_ih, e->u * H, 0);
        p.c = dx;
        p.start = start;
        rnn_i_multiply_step(call, &p, RNN_I_CALLED);
        start = RNN_I_FROM_C;
    }
}

/* What dlogits of a step bring to the top layer's state: dy, or of N vs 1 dh,
 * which is 0 before; v is the head's. */
RNN_I_INLINE void rnn_i_fixed_dhead(const rnn_i_fixed *f,
                                    const rnn_i_call *call, const rnn_real *v,
                                    const rnn_real *dlogits, rnn_real *dh)
{
    const rnn_i_matrix V = rnn_i_matrix_at(v, f->H, f->O);
    rnn_i_product p;

    rnn_i_blank(call, &p);
    p.m = 1;
    p.n = f->H;
    p.k = f->O;
    p.a = dlogits;
    p.a_i = p.c_i = 0;
    rnn_i_by_transpose(&p, &V, 0, 0);
    p.c = dh;
    p.start = f->wiring == RNN_WIRING_N_TO_1 ? RNN_I_FROM_C : RNN_I_FROM_ZERO;
    rnn_i_multiply_step(call, &p, RNN_I_CALLED);
}

/* BPTT of all layers at step t; dy is the top layer's, or NULL. */
RNN_I_INLINE void rnn_i_fixed_back(const rnn_i_fixed *f, const rnn_i_call *call,
                                   const rnn_i_lay *y,
                                   const rnn_i_fixed_pass *s, size_t t,
                                   const rnn_real *dy)
{
    const size_t H = f->H, state = f->L * H, at = t * state;
    rnn_i_cell_step one;
    rnn_i_layer a;
    size_t l;

    one.rows = 1;
    one.H = H;
    one.h = NULL;
    one.dy_row = 0;
    for (l = f->L; l-- > 0; dy = s->dx) {
        rnn_i_layer_at(y, l, 0, &a);
        rnn_i_weigh(&a, s->params + f->I * f->E);
        one.z = s->z + (at + l * H) * y->K;
        one.p = a.vectors;
        one.h_prev = s->h + at + l * H;
        one.c_prev = y->C ? s->c + at + l * H : NULL;
        one.c = y->C ? s->c + at + state + l * H : NULL;
        one.dy = dy;
        one.dh = s->dh + l * H;
        one.dc = one.dq = s->dc + l * H;
        rnn_i_step_backward(call, &a, &one, RNN_I_CALLED);
        if (l || f->E)
            rnn_i_fixed_dx(call, &a, one.z, s->dx);
    }
    if (f->E)
        RNN_I_DO(call->k, accumulate, f->E, s->dx,
                 s->grads + (size_t)s->seq->ids[t] * f->E);
}

/* C (m, n) += the sum over t, descending, of a_t^T b_t: p has n, k and b of the
 * last step; a is that of step 0, a_t numbers from one to the next. */
RNN_I_INLINE void rnn_i_fixed_sum(const rnn_i_call *call, rnn_i_product *p,
                                  const rnn_real *a, size_t a_t, size_t m,
                                  rnn_real *c, size_t c_i)
{
    p->m = m;
    p->a = a + (p->k - 1) * a_t;
    p->a_i = m > 1;
    p->a_k = -(ptrdiff_t)a_t;
    p->c = c;
    p->c_i = (ptrdiff_t)c_i;
    p->start = RNN_I_FROM_C;
    rnn_i_multiply_step(call, p, RNN_I_CALLED);
}

/* dW_ih of a piece of layer 0 that reads tokens: the rows of these, or of a
 * table of which a step reads one. dw (., gh) begins at the piece's columns. */
RNN_I_INLINE void rnn_i_fixed_scatter(const rnn_i_fixed *f,
                                      const rnn_i_call *call,
                                      const rnn_i_fixed_pass *s,
                                      rnn_i_product p, rnn_real *dw, size_t gh)
{
    size_t t;

    p.k = 1;
    for (t = s->T; t-- > 0; p.b += p.b_k) {
        const size_t id = (size_t)s->seq->ids[t];
        if (f->E)
            rnn_i_fixed_sum(call, &p, s->params + id * f->E, 0, f->E, dw, gh);
        else
            RNN_I_DO(call->k, accumulate, p.n, p.b, dw + id * gh);
    }
}

/* rnn_i_piece_grads of one row: dz of all steps is in z. */
RNN_I_INLINE void rnn_i_fixed_grads(const rnn_i_fixed *f,
                                    const rnn_i_call *call,
                                    const rnn_i_fixed_pass *s,
                                    const rnn_i_layer *a, const rnn_i_piece *e)
{
    const size_t H = f->H, state = f->L * H, K = a->y->K, zs = K * state;
    const size_t gh = a->y->G * H, u = e->u * H, l = a->q;
    const int x = e->from == RNN_I_FROM_X;
    const rnn_real *z = s->z + l * K * H;
    rnn_real *grads = s->grads + f->I * f->E, *dw = grads + a->w_ih + u;
    rnn_i_product p;
    size_t t, k;

    rnn_i_blank(call, &p);
    p.n = e->n * H;
    p.k = s->T;
    p.b = z + e->z * H + (s->T - 1) * zs;
    p.b_k = -(ptrdiff_t)zs;
    if (e->from == RNN_I_FROM_H)
        rnn_i_fixed_sum(call, &p, s->h + l * H, state, H, grads + a->w_hh + u,
                        gh);
    if (e->from == RNN_I_FROM_Q)
        rnn_i_fixed_sum(call, &p, z + a->y->row->q * H, zs, H,
                        grads + a->w_hh + u, gh);
    if (f->bias && (e->from == RNN_I_FROM_B || (x && e->more)))
        rnn_i_fixed_sum(call, &p, &rnn_i_one, 0, 1, grads + a->b_hh + u, 0);
    if (f->bias && x)
        rnn_i_fixed_sum(call, &p, &rnn_i_one, 0, 1, grads + a->b_ih + u, 0);
    if (x && l)
        rnn_i_fixed_sum(call, &p, s->h + state + (l - 1) * H, state, H, dw, gh);
    else if (x && !f->E && s->seq->x)
        rnn_i_fixed_sum(call, &p, s->seq->x, f->I, f->I, dw, gh);
    else if (x)
        rnn_i_fixed_scatter(f, call, s, p, dw, gh);
    for (t = e->from == RNN_I_FROM_P ? s->T : 0; t-- > 0;)
        for (k = 0; k < e->n; k++)
            RNN_I_DO(
                call->k, accumulate_product, H, z + t * zs + (e->z + k) * H,
                s->c + (t + e->more) * state + l * H, grads + a->p + u + k * H);
}

/* dV and the head's bias, from dv on. */
RNN_I_INLINE void rnn_i_fixed_head_grads(const rnn_i_fixed *f,
                                         const rnn_i_call *call,
                                         const rnn_i_fixed_pass *s,
                                         const rnn_real *dlogits, rnn_real *dv)
{
    const size_t steps = f->wiring == RNN_WIRING_N_TO_1 ? 1 : s->T;
    const size_t state = f->L * f->H;
    rnn_i_product p;

    rnn_i_blank(call, &p);
    p.n = f->O;
    p.k = steps;
    p.b = dlogits + (steps - 1) * f->O;
    p.b_k = -(ptrdiff_t)f->O;
    rnn_i_fixed_sum(call, &p, s->h + (s->T + 2 - steps) * state - f->H, state,
                    f->H, dv, f->O);
    rnn_i_fixed_sum(call, &p, &rnn_i_one, 0, 1, dv + f->H * f->O, 0);
}

/* From the end: what dlogits bring, the layers from the top; then what dz of
 * all steps brings to the weights. */
RNN_I_INLINE void rnn_i_fixed_backward(const rnn_i_fixed *f,
                                       const rnn_i_fixed_pass *s,
                                       const rnn_real *dlogits)
{
    const size_t H = f->H, O = f->O;
    const int last = f->wiring == RNN_WIRING_N_TO_1;
    rnn_real *top = s->dh + (f->L - 1) * H;
    rnn_i_call call;
    rnn_i_lay y;
    rnn_i_layer a;
    size_t t, l, head;
    int i;

    rnn_i_fix_call(&call);
    rnn_i_fix_stack(f, &y);
    head = rnn_i_fixed_head(f, &y);
    rnn_i_move(s->dh, NULL, f->L * H * (y.row->c || y.row->q ? 2 : 1));
    if (last && O)
        rnn_i_fixed_dhead(f, &call, s->params + head, dlogits, top);
    else if (last)
        RNN_I_DO(call.k, accumulate, H, dlogits, top);
    for (t = s->T; t-- > 0;) {
        const rnn_real *dy = last ? NULL : O ? s->dx : dlogits + t * H;
        if (O && !last)
            rnn_i_fixed_dhead(f, &call, s->params + head, dlogits + t * O,
                              s->dx);
        rnn_i_fixed_back(f, &call, &y, s, t, dy);
    }
    for (l = 0; l < f->L; l++) {
        rnn_i_layer_at(&y, l, 0, &a);
        RNN_I_UNROLL for (i = 0; i < RNN_I_PIECES; i++)
            rnn_i_fixed_grads(f, &call, s, &a, &y.row->piece[i]);
    }
    if (O)
        rnn_i_fixed_head_grads(f, &call, s, dlogits, s->grads + head);
}

/* The arrays of a pass. */
RNN_I_INLINE void rnn_i_fixed_open(const rnn_i_fixed *f, const rnn_seq *seq,
                                   rnn_real *keep, rnn_real *scratch,
                                   rnn_i_fixed_pass *s)
{
    const rnn_i_cell *row = &rnn_i_cells[f->cell];
    const size_t state = f->L * f->H;

    s->seq = seq;
    s->T = (size_t)seq->steps;
    s->z = keep;
    s->h = s->z + s->T * row->K * state;
    s->c = s->h + (s->T + 1) * state;
    s->dh = scratch;
    s->dc = s->dh + state;
    s->dx = s->dc + (row->c || row->q ? state : 0);
}

/* ---- encoder and decoder ------------------------------------------------- */

/* One source, one direction; params are laid out as rnn_i_model_of has them:
 *
 *     encoder    Q, q    W, U, v    decoder, head
 *
 *     memory     h (S, H)    keys (S, A), where the score has a U
 *     scratch    encode: h, c (L, H)    z (K*H)    row of a table
 *                decode: c_t (H)    q (A)    v (A)    e (S)    z    row
 */
typedef struct rnn_i_fixed_pair {
    rnn_i_fixed enc, dec;
    int score;     /* rnn_score                                       */
    unsigned hand; /* rnn_hand_over                                   */
    size_t A;
    size_t R, C;   /* s_0 = h_N, or with C tanh(Q h_N + q): 0 or H, Hd */
} rnn_i_fixed_pair;

/* Where Q, attention and decoder begin. */
RNN_I_INLINE size_t rnn_i_fixed_bridge(const rnn_i_fixed_pair *f)
{
    return rnn_i_fixed_params(&f->enc);
}

RNN_I_INLINE size_t rnn_i_fixed_look(const rnn_i_fixed_pair *f)
{
    return rnn_i_fixed_bridge(f) + (f->C ? (f->R + 1) * f->C : 0);
}

RNN_I_INLINE size_t rnn_i_fixed_decoder(const rnn_i_fixed_pair *f)
{
    const rnn_i_score *row = &rnn_i_scores[f->score];
    return rnn_i_fixed_look(f) + (row->W ? f->dec.H * f->A : 0) +
           (row->U ? f->enc.H * f->A : 0) + (row->v ? f->A : 0);
}

/* s_0 of the decoder from the encoder's last states, as rnn_i_start_forward
 * makes it: h, c (Ld, Hd) from eh, ec (L, H). */
RNN_I_INLINE void rnn_i_fixed_start(const rnn_i_fixed_pair *f,
                                    const rnn_i_call *call,
                                    const rnn_real *params, const rnn_real *eh,
                                    const rnn_real *ec, rnn_real *h,
                                    rnn_real *c)
{
    const size_t H = f->enc.H, state = f->enc.L * H;
    const int layers = (f->hand & RNN_HAND_LAYERS) != 0;

    rnn_i_move(h, layers ? eh : NULL, f->dec.L * f->dec.H);
    if (f->R && !layers && f->C) {
        const rnn_i_matrix Q = rnn_i_matrix_at(params, f->R, f->C);
        const rnn_i_columns to = rnn_i_result(h, f->C, params + f->R * f->C);
        rnn_i_fixed_product(call, eh + state - H, H, &Q, 0, &to, RNN_I_INLINED);
        RNN_I_DO(call->k, map, RNN_FN_TANH, f->C, h, h);
    } else if (f->R && !layers) {
        rnn_i_move(h, eh + state - H, H);
    }
    if (!ec)
        return;
    rnn_i_move(c, layers && f->hand & RNN_HAND_CELL ? ec : NULL,
               f->dec.L * f->dec.H);
    if (!layers && f->hand & RNN_HAND_CELL)
        rnn_i_move(c, ec + state - H, H);
}

RNN_I_INLINE void rnn_i_fixed_encode(const rnn_i_fixed_pair *f,
                                     const rnn_real *params, const rnn_seq *seq,
                                     rnn_real *memory, rnn_real *h, rnn_real *c,
                                     rnn_real *scratch)
{
    const size_t H = f->enc.H, state = f->enc.L * H, S = (size_t)seq->steps;
    const rnn_i_score *row = &rnn_i_scores[f->score];
    const int dense = !f->enc.E && seq->x != NULL;
    const size_t look = rnn_i_fixed_look(f);
    rnn_real *ec = rnn_i_cells[f->enc.cell].c ? scratch + state : NULL;
    rnn_i_fixed_in in;
    rnn_i_call call;
    size_t t;

    rnn_i_fix_call(&call);
    in.c = NULL;
    rnn_i_move(scratch, seq->h0, state);
    if (ec)
        rnn_i_move(ec, seq->c0, state);
    for (t = 0; t < S; t++) {
        in.x = dense ? seq->x + t * f->enc.I : NULL;
        in.id = dense ? NULL : seq->ids + t;
        rnn_i_fixed_layers(&f->enc, params, &in, scratch, ec,
                           scratch + (ec ? 2 : 1) * state, RNN_I_INLINED);
        if (!f->score)
            continue;
        rnn_i_move(memory + t * H, scratch + state - H, H);
        if (row->U) {
            const rnn_i_matrix U = rnn_i_matrix_at(
                params + look + (row->W ? f->dec.H * f->A : 0), H, f->A);
            const rnn_i_columns key =
                rnn_i_result(memory + S * H + t * f->A, f->A, NULL);
            rnn_i_fixed_product(&call, scratch + state - H, H, &U, 0, &key,
                                RNN_I_INLINED);
        }
    }
    rnn_i_fixed_start(f, &call, params + rnn_i_fixed_bridge(f), scratch, ec, h,
                      c);
}

/* c_t, from what the last layer of the decoder's h (Ld, Hd) asks; attn (S) or
 * NULL gets where it looks. */
RNN_I_INLINE void rnn_i_fixed_attend(const rnn_i_fixed_pair *f,
                                     const rnn_real *params,
                                     const rnn_real *memory, int steps,
                                     const rnn_real *h, rnn_real *attn,
                                     rnn_real *scratch)
{
    const size_t H = f->enc.H, A = f->A, Hd = f->dec.H, S = (size_t)steps;
    const rnn_real *s = h + (f->dec.L - 1) * Hd;
    const rnn_i_score *row = &rnn_i_scores[f->score];
    rnn_i_sight o;
    rnn_i_call call;
    size_t i;

    params += rnn_i_fixed_look(f);
    rnn_i_fix_call(&call);
    o.additive = row->v;
    o.A = A;
    o.K = o.h_row = H;
    o.n = S;
    o.h = memory;
    o.keys = row->U ? memory + S * H : memory;
    o.key_row = row->U ? A : H;
    o.c = scratch;
    o.e = attn ? attn : scratch + H + 2 * A;
    o.q = s;
    o.v = params + (row->W ? Hd * A : 0) + (row->U ? H * A : 0);
    if (row->W) {
        const rnn_i_matrix W = rnn_i_matrix_at(params, Hd, A);
        const rnn_i_columns q = rnn_i_result(scratch + H, A, NULL);
        rnn_i_fixed_product(&call, s, Hd, &W, 0, &q, RNN_I_INLINED);
        o.q = scratch + H;
    } else if (row->scaled) {
        RNN_I_DO(call.k, scale, A, rnn_i_div(1, rnn_i_sqrt((rnn_real)Hd)), s,
                 scratch + H);
        o.q = scratch + H;
    }
    if (row->v && RNN_I_FAR) {
        for (i = 0; i < A; i++)
            scratch[H + A + i] = RNN_WEIGHT(o.v + i);
        o.v = scratch + H + A;
    }
    rnn_i_see_scores(&call, &o);
    rnn_i_see(&call, &o, RNN_I_CALLED);
}

/* The rest of a step, behind attention. */
RNN_I_INLINE void rnn_i_fixed_decode(const rnn_i_fixed_pair *f,
                                     const rnn_real *params, int steps,
                                     const rnn_row *row, rnn_real *h,
                                     rnn_real *c, rnn_real *logits,
                                     rnn_real *scratch)
{
    const rnn_real *decoder = params + rnn_i_fixed_decoder(f);
    rnn_real *z =
        scratch + (f->score ? f->enc.H + 2 * f->A + (size_t)steps : 0);
    rnn_i_fixed_in in;

    in.x = f->dec.E ? NULL : row->x;
    in.id = row->ids;
    in.c = scratch;
    rnn_i_fixed_layers(&f->dec, decoder, &in, h, c, z, RNN_I_INLINED);
    if (f->dec.O)
        rnn_i_fixed_logits(&f->dec, decoder, h + (f->dec.L - 1) * f->dec.H,
                           scratch, logits, RNN_I_INLINED);
}

/* ============================================================================
 * [INT8]  a step in whole numbers
 *
 *     weight      w8 = floor(w / s + 1/2), s = max |column| / 127, of W_ih and
 *                 of W_hh; stored as u = w8 + 128, from 1 to 255
 *     sum         S = -128 sum_i x_i + sum_i x_i u_i      in terms, at most 511
 *     z (Q12)     (b + (Sx >> ex) mx + (Sh >> eh) mh) >> r
 *                 e = max(8, 7 + ceil log2 in)
 *     factor      m = floor(s unit 2^(12+e+r) + 1/2), at most 16383; the unit
 *                 of h is 2^-15, that of x is x_unit
 *     one-hot     256 w8 mx in place of (Sx >> ex) mx; unit 1, e = -8
 *     bias        b = floor(bias 2^(12+r) + 1/2) + 2^(r-1), the first at most
 *                 2^29 in size
 *     r           the greatest up to 20 that allows both, one for a layer
 *     table       x = floor(w / x_unit + 1/2), x_unit = max |table| / 32767
 *
 *     T(z)        tanh in Q15: y = min(|z|, 24575), k = y >> 7; t = tab[k] +
 *                 (((tab[k+1] - tab[k]) (y & 127) + 64) >> 7), with z's sign;
 *                 tab[k] = floor(32767 tanh(k/32) + 1/2)
 *     sigmoid     (T(z) + 32768) >> 1 = sigmoid(2 z): m, b of these columns are
 *                 made for z/2
 *     LSTM        c' = 2 f (c >> 16) + ((f (c & 65535)) >> 15) +
 *                 ((i g + 16) >> 5), within +-2^29     h' = (o T(c' >> 13) +
 *                 2^14) >> 15
 *     GRU         q = z_hn within +-65535     n = T(z_xn + ((r q) >> 15))
 *                 h' = n + ((u (h - n) + 2^14) >> 15)
 *
 * Nothing leaves 32 bits. Each partial sum is in (-128 x_i or x_i w8_i, of each
 * i), so below 511 2^22 in size. S is below 127 2^15 in, so S >> e fits 16 bits
 * and with m 2^29; a z is at most 3 2^29 + 2^19 before it is shifted, and below
 * 2^30 then. With the constants of the gates: f 2 (c >> 16) is at most 2^29, f
 * (c & 65535) and r q below 2^31.
 *
 * z and b stand in the blocks of [CELLS]: of GRU r, z, q, n. H columns of a
 * gate, or O of the head, are padded to fours with columns of w8 = 0. Of four
 * columns of a matrix the bytes of two inputs x, y stand in two words,
 *
 *     c0x c1x c0y c1y   c2x c3x c2y c3y
 *
 * so that each second byte of a word is a pair of 16 bits, as what multiplies
 * two pairs at once reads them; an input that is left over has c0 c1 c2 c3.
 *
 *     weights   layer by layer W_ih (in, G*H), W_hh (H, G*H); head (H, O)
 *     factors   table (I, E); layer by layer mx (G*H), mh (G*H); head (O)
 *     biases    layer by layer (K*H); head (O)
 *     shifts    layer by layer r; head
 * ========================================================================= */

/* >> of a negative number is up to the compiler in C99; all there are fill in
 * the sign, and one that does not stops here. */
typedef char rnn_i_shifts_sign[(int32_t)-3 >> 1 == -2 ? 1 : -1];

/* How many pairs of inputs sums go at a time: as many as there are registers
 * for. */
#if defined(__thumb__) && !defined(__thumb2__)
#define RNN_I_INT8_PAIRS 1
#else
#define RNN_I_INT8_PAIRS 2
#endif

/* e of a sum of so many terms. */
#define RNN_I_INT8_E(in)                                                       \
    ((in) <= 2     ? 8                                                         \
     : (in) <= 4   ? 9                                                         \
     : (in) <= 8   ? 10                                                        \
     : (in) <= 16  ? 11                                                        \
     : (in) <= 32  ? 12                                                        \
     : (in) <= 64  ? 13                                                        \
     : (in) <= 128 ? 14                                                        \
     : (in) <= 256 ? 15                                                        \
                   : 16)

/* Where row i of column v of four begins, of a matrix with `in` rows. */
RNN_I_INLINE size_t rnn_i_int8_at(size_t in, size_t i, size_t v)
{
    return (i | 1) < in ? i / 2 * 8 + (v & 2) * 2 + (i & 1) * 2 + (v & 1)
                        : i * 4 + v;
}

/* T(k / 32 2^12), k = 0 ... 192. */
static const int16_t rnn_i_int8_tab[193] = {
    0, 1024, 2045, 3063, 4075, 5079, 6073, 7056, 8025, 8980, 9919, 10840,
    11742, 12625, 13486, 14325, 15142, 15936, 16706, 17451, 18173, 18869,
    19541, 20189, 20812, 21411, 21986, 22537, 23065, 23570, 24053, 24515,
    24955, 25375, 25775, 26156, 26518, 26863, 27190, 27501, 27796, 28075,
    28340, 28592, 28829, 29054, 29267, 29469, 29659, 29839, 30009, 30169,
    30321, 30464, 30599, 30726, 30846, 30959, 31066, 31166, 31261, 31350,
    31435, 31514, 31588, 31658, 31725, 31787, 31845, 31900, 31952, 32001,
    32047, 32090, 32131, 32169, 32205, 32239, 32270, 32300, 32328, 32355,
    32380, 32403, 32425, 32446, 32465, 32483, 32500, 32516, 32531, 32546,
    32559, 32572, 32583, 32595, 32605, 32615, 32624, 32633, 32641, 32648,
    32656, 32662, 32669, 32675, 32680, 32685, 32690, 32695, 32699, 32703,
    32707, 32711, 32714, 32717, 32720, 32723, 32726, 32728, 32731, 32733,
    32735, 32737, 32739, 32740, 32742, 32744, 32745, 32746, 32748, 32749,
    32750, 32751, 32752, 32753, 32754, 32754, 32755, 32756, 32757, 32757,
    32758, 32758, 32759, 32759, 32760, 32760, 32761, 32761, 32761, 32762,
    32762, 32762, 32763, 32763, 32763, 32763, 32764, 32764, 32764, 32764,
    32764, 32765, 32765, 32765, 32765, 32765, 32765, 32765, 32765, 32766,
    32766, 32766, 32766, 32766, 32766, 32766, 32766, 32766, 32766, 32766,
    32766, 32766, 32766, 32766, 32766, 32766, 32766, 32767, 32767, 32767,
    32767};

/* T(z), |z| < 2^31: the sign is all ones or 0, so that there is no branch. */
RNN_I_SHARED int32_t rnn_i_int8_tanh(int32_t z)
{
    const int32_t sign = z >> 31, most = 24575;
    int32_t y = (z ^ sign) - sign, over = y - most, t;
    const int16_t *p;

    y = most + (over & (over >> 31));
    p = rnn_i_int8_tab + (y >> 7);
    t = p[0];
    t += ((p[1] - t) * (y & 127) + 64) >> 7;
    return (t ^ sign) - sign;
}

/* sigmoid(2 z) in Q15 */
RNN_I_INLINE int32_t rnn_i_int8_sigmoid(int32_t z)
{
    return (rnn_i_int8_tanh(z) + 32768) >> 1;
}

/* v within +-most, without a branch; |v| + most < 2^31. */
RNN_I_INLINE int32_t rnn_i_int8_clamp(int32_t v, int32_t most)
{
    int32_t d = v - most;

    d = 2 * most + (d & (d >> 31));
    return (d & ~(d >> 31)) - most;
}

/* A matrix from a column of four on, with its factors. */
typedef struct rnn_i_int8_matrix {
    const uint8_t *w;
    const int16_t *m;
} rnn_i_int8_matrix;

/* What a product reads: a matrix of `in` rows; x, or where that is NULL one row
 * of it. */
typedef struct rnn_i_int8_product {
    rnn_i_int8_matrix a;
    const int16_t *x;
    const int *id;
    size_t in;
} rnn_i_int8_product;

#if RNN_I_SMLAD
RNN_I_INLINE uint32_t rnn_i_int8_word(const void *p)
{
    uint32_t word;

    __builtin_memcpy(&word, p, sizeof word);
    return word;
}

/* Bytes 1 and 3 of a word, as 16 bits each. The instruction is written out, as
 * compilers make two of it. */
RNN_I_INLINE int32_t rnn_i_int8_odd(uint32_t word)
{
    uint32_t odd;

    __asm__("uxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(word));
    return (int32_t)odd;
}
#endif

/* sum += x u of two inputs and four columns */
RNN_I_INLINE void rnn_i_int8_two(const int16_t *x, const uint8_t *w,
                                 int32_t *sum)
{
    int v;
#if RNN_I_SMLAD
    const int32_t pair = (int32_t)rnn_i_int8_word(x);

    RNN_I_UNROLL for (v = 0; v < 4; v += 2)
    {
        const uint32_t word =
            rnn_i_int8_word(__builtin_assume_aligned(w + 2 * v, 4));
        sum[v] = __smlad((int32_t)(word & 0xff00ffu), pair, sum[v]);
        sum[v + 1] = __smlad(rnn_i_int8_odd(word), pair, sum[v + 1]);
    }
#else
    const int32_t a = x[0], b = x[1];

    RNN_I_UNROLL for (v = 0; v < 4; v++)
    {
        const int at = (v & 1) + (v & 2) * 2;
        sum[v] += a * w[at];
        sum[v] += b * w[at + 2];
    }
#endif
}

/* The same of all inputs; returns the bytes behind these columns. */
RNN_I_INLINE const uint8_t *rnn_i_int8_four(const int16_t *x, size_t in,
                                            const uint8_t *w, int32_t *sum)
{
    enum { each = RNN_I_INT8_PAIRS };
    size_t k;
    int v;

    for (k = in / (2 * each); k; k--) {
        RNN_I_UNROLL for (v = 0; v < each; v++)
            rnn_i_int8_two(x + 2 * v, w + 8 * v, sum);
        x += 2 * each;
        w += 8 * each;
    }
    for (k = in % (2 * each) / 2; k; k--, x += 2, w += 8)
        rnn_i_int8_two(x, w, sum);
    if (in & 1) {
        RNN_I_UNROLL for (v = 0; v < 4; v++) sum[v] += (int32_t)*x * w[v];
        w += 4;
    }
    return w;
}

/* z = (from + (S >> e) m) >> r of n columns, a multiple of four; from may be z
 */
RNN_I_SHARED void rnn_i_int8_dense(const int16_t *x, size_t in, int e,
                                   const rnn_i_int8_matrix *a,
                                   const int32_t *from, int r, size_t n,
                                   int32_t *z)
{
    const uint8_t *w = a->w;
    const int16_t *m = a->m;
    int32_t begin = 0;
    size_t i, j;
    int v;

    for (i = 0; i < in; i++)
        begin += x[i];
    begin *= -128;
    for (j = 0; j < n; j += 4) {
        int32_t sum[4];
        RNN_I_UNROLL for (v = 0; v < 4; v++) sum[v] = begin;
        w = rnn_i_int8_four(x, in, w, sum);
        RNN_I_UNROLL for (v = 0; v < 4; v++, m++) z[j + (size_t)v] =
            (from[j + (size_t)v] + (sum[v] >> e) * *m) >> r;
    }
}

/* The same of one row: z = (from + 256 w8 m) >> r */
RNN_I_SHARED void rnn_i_int8_row(const rnn_i_int8_product *p,
                                 const int32_t *from, int r, size_t n,
                                 int32_t *z)
{
    const size_t id = (size_t)*p->id;
    size_t j, v;

    for (j = 0; j < n; j += 4)
        for (v = 0; v < 4; v++) {
            const int32_t u = p->a.w[j * p->in + rnn_i_int8_at(p->in, id, v)];
            z[j + v] = (from[j + v] + (u - 128) * 256 * p->a.m[j + v]) >> r;
        }
}

/* Of n columns, those of block g and on, whichever is there. */
RNN_I_INLINE void rnn_i_int8_part(const rnn_i_int8_product *all, size_t g,
                                  const int32_t *from, int r, size_t n,
                                  int32_t *z)
{
    rnn_i_int8_product p = *all;

    p.a.w += g * p.in;
    p.a.m += g;
    if (p.x)
        rnn_i_int8_dense(p.x, p.in, RNN_I_INT8_E(p.in), &p.a, from, r, n, z);
    else
        rnn_i_int8_row(&p, from, r, n, z);
}

/* z: i, f, g, o, each `wide` numbers */
RNN_I_SHARED void rnn_i_int8_lstm(size_t H, size_t wide, const int32_t *z,
                                  int16_t *h, int32_t *c)
{
    size_t j;

    for (j = 0; j < H; j++, z++) {
        const int32_t i = rnn_i_int8_sigmoid(z[0]);
        const int32_t f = rnn_i_int8_sigmoid(z[wide]);
        const int32_t g = rnn_i_int8_tanh(z[2 * wide]);
        const int32_t o = rnn_i_int8_sigmoid(z[3 * wide]);
        const int32_t upper = c[j] >> 16, lower = c[j] & 65535;
        const int32_t next =
            f * upper * 2 + ((f * lower) >> 15) + ((i * g + 16) >> 5);
        c[j] = rnn_i_int8_clamp(next, (int32_t)1 << 29);
        h[j] = (int16_t)((o * rnn_i_int8_tanh(c[j] >> 13) + 16384) >> 15);
    }
}

/* z: r, z (u here), q, n */
RNN_I_SHARED void rnn_i_int8_gru(size_t H, size_t wide, const int32_t *z,
                                 int16_t *h)
{
    size_t j;

    for (j = 0; j < H; j++, z++) {
        const int32_t r = rnn_i_int8_sigmoid(z[0]);
        const int32_t u = rnn_i_int8_sigmoid(z[wide]);
        const int32_t q = rnn_i_int8_clamp(z[2 * wide], 65535);
        const int32_t n = rnn_i_int8_tanh(z[3 * wide] + ((r * q) >> 15));
        h[j] = (int16_t)(n + ((u * (h[j] - n) + 16384) >> 15));
    }
}

/* A layer that reads x; moves q on to the next one's arrays. Its state h, c. */
RNN_I_INLINE void rnn_i_int8_layer(const rnn_i_fixed *f, rnn_int8 *q,
                                   rnn_i_int8_product x, int16_t *h, int32_t *c,
                                   int32_t *z)
{
    const rnn_i_cell *row = &rnn_i_cells[f->cell];
    const size_t H = f->H, wide = (H + 3) / 4 * 4, all = row->G * wide;
    const int gru = f->cell == RNN_CELL_GRU, r = *q->shifts;
    const size_t both = gru ? 2 * wide : all; /* columns of x and h together */
    rnn_i_int8_product y;
    size_t j;

    x.a.w = q->weights;
    x.a.m = q->factors;
    y.a.w = x.a.w + all * x.in;
    y.a.m = x.a.m + all;
    y.x = h;
    y.id = NULL;
    y.in = H;
    rnn_i_int8_part(&x, 0, q->biases, 0, both, z);
    rnn_i_int8_part(&y, 0, z, r, both, z);
    if (gru) {
        rnn_i_int8_part(&y, both, q->biases + both, r, wide, z + both);
        rnn_i_int8_part(&x, both, q->biases + both + wide, r, wide,
                        z + both + wide);
        rnn_i_int8_gru(H, wide, z, h);
    } else if (row->c) {
        rnn_i_int8_lstm(H, wide, z, h, c);
    } else {
        for (j = 0; j < H; j++)
            h[j] = (int16_t)rnn_i_int8_tanh(z[j]);
    }
    q->weights = y.a.w + all * H;
    q->factors = y.a.m + all;
    q->biases += row->K * wide;
    q->shifts++;
}

/* The head, of which the last columns are not a multiple of four. */
RNN_I_INLINE void rnn_i_int8_head(const rnn_i_fixed *f, const rnn_int8 *q,
                                  const int16_t *h, int32_t *logits)
{
    const size_t left = f->O % 4, n = f->O - left;
    rnn_i_int8_product p;
    int32_t last[4];
    size_t v;

    p.a.w = q->weights;
    p.a.m = q->factors;
    p.x = h;
    p.id = NULL;
    p.in = f->H;
    if (n)
        rnn_i_int8_part(&p, 0, q->biases, *q->shifts, n, logits);
    if (left)
        rnn_i_int8_part(&p, n, q->biases + n, *q->shifts, 4, last);
    for (v = 0; v < left; v++)
        logits[n + v] = last[v];
}

RNN_I_INLINE void rnn_i_int8_step(const rnn_i_fixed *f, const rnn_int8 *arrays,
                                  const int16_t *x, const int *id, int16_t *h,
                                  int32_t *c, int32_t *logits, int32_t *z)
{
    rnn_int8 q = *arrays;
    rnn_i_int8_product in;
    size_t l;

    in.a.w = NULL;
    in.a.m = NULL;
    in.x = f->E ? q.factors + (size_t)*id * f->E : x;
    in.id = id;
    in.in = f->E ? f->E : f->I;
    q.factors += f->I * f->E;
    rnn_i_int8_layer(f, &q, in, h, c, z);
    in.in = f->H;
    for (l = 1; l < f->L; l++) {
        in.x = h;
        h += f->H;
        c = c ? c + f->H : NULL;
        rnn_i_int8_layer(f, &q, in, h, c, z);
    }
    if (f->O)
        rnn_i_int8_head(f, &q, h, logits);
}

/* ---- int8: the arrays, made on the desk ---------------------------------- */

/* What becomes z: a layer, or a head, which has no x. Part 0 is x's, 1 h's. */
typedef struct rnn_i_int8_block {
    const rnn_real *w[2], *b[2]; /* (in, G*H); (G*H), or NULL: 0          */
    size_t in[2], G, K, H;
    rnn_real unit[2];            /* unit 2^(12+e): z of S >> e = 1, w8 = s */
    unsigned halved;             /* bit g: z/2 of gate g is wanted         */
    int r;
} rnn_i_int8_block;

/* floor(v + 1/2), |v| <= 2^30 */
RNN_I_FN int32_t rnn_i_rounded(rnn_real v)
{
    int32_t t = (int32_t)v;

    if ((rnn_real)t > v)
        t--;
    return rnn_i_sub(v, (rnn_real)t) >= (rnn_real)0.5 ? t + 1 : t;
}

/* The greatest of n numbers without their signs, `apart` numbers apart, or 0 if
 * it is below 2^-100, which no factor sees: so subnormal numbers count nowhere.
 */
RNN_I_COLD rnn_real rnn_i_greatest_size(const rnn_real *p, size_t n,
                                        size_t apart)
{
    const rnn_real one = 1, tiny = rnn_i_div(one, (rnn_real)1073741824);
    rnn_real most = 0;
    size_t i;

    for (i = 0; i < n; i++, p += apart) {
        const rnn_real a = *p < 0 ? -*p : *p;
        most = a > most ? a : most;
    }
    return most < rnn_i_mul(tiny, rnn_i_mul(tiny, tiny)) ? 0 : most;
}

/* Column j of part k, counted with the padding, or NULL. */
RNN_I_FN const rnn_real *rnn_i_int8_column(const rnn_i_int8_block *b, int k,
                                           size_t j)
{
    const size_t wide = (b->H + 3) / 4 * 4, g = j / wide, i = j % wide;

    return b->w[k] && i < b->H ? b->w[k] + g * b->H + i : NULL;
}

/* s of that column; 0 where nothing is. */
RNN_I_FN rnn_real rnn_i_int8_scale(const rnn_i_int8_block *b, int k, size_t j)
{
    const rnn_real *w = rnn_i_int8_column(b, k, j);

    return w ? rnn_i_div(rnn_i_greatest_size(w, b->in[k], b->G * b->H), 127)
             : 0;
}

/* s unit 2^(12+e) of that column, and a bias 2^12; of gate g halved if so. */
RNN_I_FN rnn_real rnn_i_int8_halved(const rnn_i_int8_block *b, size_t g,
                                    rnn_real v)
{
    return b->halved >> g & 1 ? rnn_i_mul(v, (rnn_real)0.5) : v;
}

RNN_I_FN rnn_real rnn_i_int8_factor(const rnn_i_int8_block *b, int k, size_t j)
{
    const rnn_real s = rnn_i_int8_scale(b, k, j);
    const size_t g = j / ((b->H + 3) / 4 * 4);

    return s > 0 ? rnn_i_int8_halved(b, g, rnn_i_mul(s, b->unit[k])) : 0;
}

/* Bias i of block u of z. With K above G, GRU, h's part of the last gate stands
 * alone, and x's behind it. */
RNN_I_FN rnn_real rnn_i_int8_bias(const rnn_i_int8_block *b, size_t u, size_t i)
{
    const size_t g = u < b->G ? u : b->G - 1, at = g * b->H + i;
    const int apart = b->K > b->G && u + 1 >= b->G;
    const rnn_real x = b->b[0] && !(apart && u < b->G) ? b->b[0][at] : 0;
    const rnn_real h = b->b[1] && !(apart && u >= b->G) ? b->b[1][at] : 0;

    return rnn_i_int8_halved(b, g, rnn_i_mul(rnn_i_add(x, h), 4096));
}

/* r: the greatest, up to 20, with which factors are at most 16383 and biases
 * 2^29; 0 if there is none. */
RNN_I_COLD int rnn_i_int8_fit(const rnn_i_int8_block *b)
{
    const size_t all = b->G * ((b->H + 3) / 4 * 4);
    rnn_real most = 0, bias = 0, v;
    size_t j, u;
    int r;

    for (j = 0; j < 2 * all; j++) {
        v = rnn_i_int8_factor(b, j >= all, j % all);
        most = v > most ? v : most;
    }
    for (u = 0; u < b->K; u++)
        for (j = 0; j < b->H; j++) {
            v = rnn_i_int8_bias(b, u, j);
            v = v < 0 ? -v : v;
            bias = v > bias ? v : bias;
        }
    for (r = 20; r > 0; r--) {
        v = (rnn_real)((int32_t)1 << r);
        if (rnn_i_mul(most, v) <= 16383 && rnn_i_mul(bias, v) <= 536870912)
            break;
    }
    return r;
}

/* The bytes of four columns of part k, from column j on. */
RNN_I_COLD void rnn_i_int8_bytes(const rnn_i_int8_block *b, int k, size_t j,
                                 uint8_t *to)
{
    const size_t in = b->in[k];
    size_t i, v;

    for (v = 0; v < 4; v++) {
        const rnn_real *w = rnn_i_int8_column(b, k, j + v);
        const rnn_real s = rnn_i_int8_scale(b, k, j + v);
        for (i = 0; i < in; i++) {
            int32_t n =
                s > 0 ? rnn_i_rounded(rnn_i_div(w[i * b->G * b->H], s)) : 0;
            n = n > 127 ? 127 : n < -127 ? -127 : n;
            to[rnn_i_int8_at(in, i, v)] = (uint8_t)(n + 128);
        }
    }
}

/* A block's arrays; moves `to` behind them. */
RNN_I_COLD void rnn_i_int8_write(const rnn_i_int8_block *b, rnn_int8_room *to)
{
    const size_t wide = (b->H + 3) / 4 * 4, all = b->G * wide;
    const rnn_real scale = (rnn_real)((int32_t)1 << b->r);
    size_t j, u;
    int k;

    for (k = 0; k < 2; k++) {
        if (!b->w[k])
            continue;
        for (j = 0; j < all; j += 4)
            rnn_i_int8_bytes(b, k, j, to->weights + j * b->in[k]);
        for (j = 0; j < all; j++)
            to->factors[j] = (int16_t)rnn_i_rounded(
                rnn_i_mul(rnn_i_int8_factor(b, k, j), scale));
        to->weights += all * b->in[k];
        to->factors += all;
    }
    for (u = 0; u < b->K; u++, to->biases += wide)
        for (j = 0; j < wide; j++)
            to->biases[j] =
                ((int32_t)1 << (b->r - 1)) +
                (j < b->H
                     ? rnn_i_rounded(rnn_i_mul(rnn_i_int8_bias(b, u, j), scale))
                     : 0);
    *to->shifts++ = (uint8_t)b->r;
}

/* 2^n of a product of h with so many terms: what S >> e = 1 is in z with w = 1
 * (Q12), if 1 of what it reads is worth `unit`. */
RNN_I_FN rnn_real rnn_i_int8_unit(size_t in, rnn_real unit)
{
    return rnn_i_mul(unit, (rnn_real)((int32_t)1 << (12 + RNN_I_INT8_E(in))));
}

/* Layer l of a model, or for l = L its head; x_unit of what layer 0 reads. */
RNN_I_COLD void rnn_i_int8_block_of(const rnn_i_model *m,
                                    const rnn_real *params, size_t l,
                                    rnn_real x_unit, rnn_i_int8_block *b)
{
    const rnn_i_lay *y = &m->top.y;
    const rnn_real one = 1, h_unit = rnn_i_div(one, 32768);
    const int hot = l == 0 && m->top.input == RNN_INPUT_ONE_HOT;
    rnn_i_layer a;

    b->in[1] = y->H;
    b->unit[1] = rnn_i_int8_unit(y->H, h_unit);
    b->halved = 0;
    if (l == y->L) {
        b->w[0] = b->b[0] = NULL;
        b->w[1] = params + m->head;
        b->b[1] = b->w[1] + y->H * m->O;
        b->in[0] = 0;
        b->unit[0] = 0;
        b->G = b->K = 1;
        b->H = m->O;
        return;
    }
    rnn_i_layer_at(y, l, 0, &a);
    params += m->top.rnn;
    b->w[0] = params + a.w_ih;
    b->w[1] = params + a.w_hh;
    b->b[0] = y->bias ? params + a.b_ih : NULL;
    b->b[1] = y->bias ? params + a.b_hh : NULL;
    b->in[0] = a.in;
    b->unit[0] = hot ? 16 : rnn_i_int8_unit(a.in, l ? h_unit : x_unit);
    b->G = y->G;
    b->K = y->K;
    b->H = y->H;
    if (y->cell != RNN_CELL_TANH)
        b->halved = y->cell == RNN_CELL_GRU ? 3 : 11; /* but n; but g */
}

/* What a description must be. */
RNN_I_COLD rnn_status rnn_i_int8_describe(const rnn_model *model,
                                          const rnn_i_model *m, rnn_real x_unit,
                                          rnn_why *why)
{
    const int dense = m->top.input == RNN_INPUT_DENSE;
    rnn_status st = RNN_OK;

    if (!RNN_I_INT8_CELL(model->cell))
        return RNN_I_NO(why, RNN_E_UNSUPPORTED, "cell",
                        "@ is #, but int8 has tanh, GRU and LSTM alone",
                        model->cell, 0);
    if (m->decoder)
        return RNN_I_NO(why, RNN_E_UNSUPPORTED, "wiring",
                        "@ is #, but int8 has no decoder", model->wiring, 0);
    if (m->top.y.D > 1)
        return RNN_I_NO(why, RNN_E_UNSUPPORTED, "bidirectional",
                        "@ is #, but int8 has one direction",
                        model->bidirectional, 0);
    if (dense)
        st = rnn_i_in(why, RNN_E_SIZE, "input_size", model->input_size, 1,
                      RNN_I_INT8_MOST);
    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "embedding_size", model->embedding_size,
                      0, RNN_I_INT8_MOST);
    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "hidden_size", model->hidden_size, 1,
                      RNN_I_INT8_MOST);
    if (st)
        return st;
    if (!dense)
        return x_unit == 0
                   ? RNN_OK
                   : rnn_i_no_real(why, RNN_E_ARG, "x_unit",
                                   "@ is ~, but tokens have no unit", x_unit);
    st = rnn_i_in_real(why, "x_unit", x_unit, 0, RNN_I_ENDLESS, 0);
    return st || x_unit > 0
               ? st
               : rnn_i_no_real(why, RNN_E_ARG, "x_unit",
                               "@ is ~: it must be above 0", x_unit);
}

/* Whether the arrays are there, as long as [API-FIRMWARE] says. */
RNN_I_COLD rnn_status rnn_i_int8_rooms(const rnn_i_model *m,
                                       const rnn_int8_room *to, rnn_why *why)
{
    const rnn_i_lay *y = &m->top.y;
    const size_t wide = (y->H + 3) / 4 * 4, out = (m->O + 3) / 4 * 4;
    const size_t all = y->G * wide, L = y->L, H = y->H;
    rnn_status st =
        rnn_i_check_array(why, "weights", to->weights, to->weights_len,
                          all * (y->I + H + 2 * H * (L - 1)) + H * out);

    if (!st)
        st = rnn_i_check_array(why, "factors", to->factors, to->factors_len,
                               m->top.I * m->top.E + 2 * L * all + out);
    if (!st)
        st = rnn_i_check_array(why, "biases", to->biases, to->biases_len,
                               L * y->K * wide + out);
    if (!st)
        st = rnn_i_check_array(why, "shifts", to->shifts, to->shifts_len,
                               L + (m->O ? 1 : 0));
#if RNN_I_SMLAD
    if (!st && (uintptr_t)to->weights % 4)
        st = RNN_I_NO(why, RNN_E_ARG, "weights",
                      "@ begin at no multiple of 4 bytes", 0, 0);
#endif
    return st;
}

/* Each block is fitted before the first is written. */
RNNDEF rnn_status rnn_quantize(const rnn_model *model, const rnn_real *params,
                               size_t params_len, rnn_real x_unit,
                               const rnn_int8_room *to, rnn_why *why)
{
    rnn_i_int8_block b;
    rnn_int8_room at;
    rnn_i_model m;
    size_t i, l, blocks;
    rnn_status st = rnn_i_model_of(model, &m, why);

    if (!st)
        st = rnn_i_int8_describe(model, &m, x_unit, why);
    if (!st)
        st = rnn_i_check_array(why, "params", params, params_len, m.params);
    if (!st)
        st = rnn_i_there(why, "to", to);
    if (!st)
        st = rnn_i_int8_rooms(&m, to, why);
    for (i = 0; !st && i < m.params; i++)
        if (!rnn_i_finite(params[i]))
            st = RNN_I_NO(why, RNN_E_NOT_FINITE, "params",
                          "@: number # is not finite", i, 0);
    if (st)
        return st;
    i = m.top.I * m.top.E; /* the table is the first of params */
    if (i)
        x_unit = rnn_i_div(rnn_i_greatest_size(params, i, 1), 32767);
    blocks = m.top.y.L + (m.O ? 1 : 0);
    for (l = 0; l < blocks; l++) {
        rnn_i_int8_block_of(&m, params, l, x_unit, &b);
        if (!rnn_i_int8_fit(&b))
            return RNN_I_NO(
                why, RNN_E_UNSUPPORTED, l < m.top.y.L ? "layer" : "the head",
                "@ (block #): numbers are too large for 16 bits", l, 0);
    }
    at = *to;
    for (l = 0; l < i; l++)
        *at.factors++ =
            x_unit > 0 ? (int16_t)rnn_i_rounded(rnn_i_div(params[l], x_unit))
                       : 0;
    for (l = 0; l < blocks; l++) {
        rnn_i_int8_block_of(&m, params, l, x_unit, &b);
        b.r = rnn_i_int8_fit(&b);
        rnn_i_int8_write(&b, &at);
    }
    return RNN_OK;
}

/* ============================================================================
 * [LOSS]
 *
 * Of a row with the target k, weight w, class weights c and smoothing e:
 *
 *     p = softmax(x)    l = -log p_k = log sum_i e^(x_i - max) - (x_k - max)
 *     dx = (p - 1_k) w / n
 *     smoothing         l = -sum_j q_j log p_j    q = e/O, and 1 - e more at k
 *     class weights     l = -sum_j c_j q_j log p_j    n counts w c_k
 *
 * and of a row of numbers with targets t, the mean over the row of
 *
 *     sigmoid           l = log(1 + e^x) - t x    dx = (sigmoid(x) - t) w / n
 *     squared error     l = (x - t)^2             dx = 2 (x - t) w / n
 *
 * loss = sum_i w_i l_i / n. Rows are computed by shares if their losses are
 * kept (how.values) and added up in one order, by i mod 16; without a place to
 * keep them, one part does both. Padding has weight 0 and is not read, so what
 * lies there may be anything.
 * ========================================================================= */

/* The first of the greatest logits. A NaN among them, or nothing that is
 * possible, is RNN_E_NOT_FINITE: of greedy choice, sampling, softmax and what
 * writes alike. */
RNN_I_FN rnn_status rnn_i_likeliest(const rnn_real *x, int n, int *best,
                                    rnn_why *why)
{
    int i, at = 0;

    for (i = 0; i < n; i++) {
        if (x[i] != x[i])
            return RNN_I_NO(why, RNN_E_NOT_FINITE, "logits",
                            "@: number # is NaN", i, 0);
        if (x[i] > x[at])
            at = i;
    }
    if (x[at] < 0 && !rnn_i_finite(x[at]))
        return RNN_I_NO(why, RNN_E_NOT_FINITE, "logits",
                        "@: all # are -infinity, so nothing is possible", n, 0);
    *best = at;
    return RNN_OK;
}

/* All rows are looked at before the first is written, since p may be logits. A
 * row has a likeliest output unless it holds NaN or nothing but -infinity, and
 * a +infinity would make 0/0 of all others. */
RNNDEF rnn_status rnn_softmax(const rnn_real *logits, size_t rows, int outputs,
                              rnn_real *p, const rnn_run *run)
{
    rnn_i_call call;
    size_t i;
    int best;
    rnn_real max;
    const size_t O = (size_t)outputs;
    rnn_status st = rnn_i_begin_run(run, &call);

    if (!st && (!logits || !p))
        st = RNN_I_NO_NULL(call.why, logits ? "p" : "logits");
    if (!st)
        st = rnn_i_in(call.why, RNN_E_SIZE, "outputs", outputs, 1, INT_MAX);
    if (!st && !rnn_i_fits(rnn_i_times(rows, O)))
        st = RNN_I_NO(call.why, RNN_E_SIZE, "logits",
                      "@ of # rows of # are too large", rows, outputs);
    for (i = 0; !st && i < rows; i++) {
        st = rnn_i_likeliest(logits + i * O, outputs, &best, call.why);
        if (!st)
            st = rnn_i_is_finite(call.why, "a logit",
                                 logits[i * O + (size_t)best]);
    }
    if (st)
        return st;
    for (i = 0; i < rows; i++)
        rnn_i_softmax(&call, O, logits + i * O, p + i * O, &max);
    return RNN_OK;
}

/* The sum of the weights. Where they are NULL, the count: exact up to 2^24
 * rows, as a float has it. */
RNN_I_FN rnn_real rnn_i_weight(const rnn_i_call *call, const rnn_real *weights,
                               size_t rows)
{
    return weights ? RNN_I_DO(call->k, sum, rows, weights, NULL)
                   : (rnn_real)rows;
}

/* The losses' own mean is this one, so a program that adds up batches by hand
 * gets the same bits. */
RNNDEF rnn_status rnn_mean(const rnn_real *l, const rnn_real *weights,
                           size_t count, rnn_real n, rnn_real *mean,
                           const rnn_run *run)
{
    rnn_i_call call;
    rnn_real sum;
    rnn_status st = rnn_i_begin_run(run, &call);

    if (!st && (!l || !mean))
        st = RNN_I_NO_NULL(call.why, l ? "mean" : "l");
    if (!st)
        st = rnn_i_in_real(call.why, "n", n, 0, RNN_I_ENDLESS, 0);
    if (st)
        return st;
    if (n <= 0)
        n = rnn_i_weight(&call, weights, count);
    sum = RNN_I_DO(call.k, sum, count, l, weights);
    *mean = sum == 0 ? 0 : rnn_i_div(sum, n); /* nothing counted: 0, not 0/0 */
    return rnn_i_is_finite(call.why, "the mean", *mean);
}

/* A loss over rows: all that its parts share. */
typedef struct rnn_i_loss {
    rnn_i_call call;
    rnn_loss how;
    size_t O, rows;
    const rnn_seq *seq;      /* of a model's, or NULL                  */
    int strided;             /* 1: targets have the strides of seq     */
    const rnn_real *x;
    const int *ids;          /* targets: one of the two                */
    const rnn_real *targets;
    rnn_real n, each, rest;  /* of smoothing: e/O, 1 - e               */
    rnn_real *dx;
    int squared;             /* of numbers: squared error, or sigmoid  */
} rnn_i_loss;

/* w of row i; 0: the row counts for nothing. Rows are time-major, i = t B + b,
 * whatever the strides of targets; of N vs 1 there are B, and t = 0, so that a
 * row of length 0 counts for nothing there, too. */
RNN_I_FN rnn_real rnn_i_loss_weight(const rnn_i_loss *s, size_t i)
{
    const size_t B = s->seq ? (size_t)s->seq->batch : 1;

    if (s->seq && s->seq->lengths && !s->how.padding &&
        i / B >= rnn_i_steps(s->seq, i % B))
        return 0;
    return s->how.weights ? s->how.weights[i] : 1;
}

/* Where the target of row i is. */
RNN_I_FN size_t rnn_i_target(const rnn_i_loss *s, size_t i)
{
    const size_t B = s->seq ? (size_t)s->seq->batch : 1;

    return s->strided ? rnn_i_number(s->seq, (int)(i / B), i % B) : i;
}

/* c_k q_k, of a row whose target is y. */
RNN_I_FN rnn_real rnn_i_class_share(const rnn_i_loss *s, size_t k, size_t y)
{
    return rnn_i_mul(s->how.class_weights[k],
                     k == y ? rnn_i_add(s->rest, s->each) : s->each);
}

/* Cross-entropy of row i with class weights, of weight w; x less their maximum:
 *
 *     l = sum_k c_k q_k (lse - x_k)    dx_j = w/n (p_j sum_k c_k q_k - c_j q_j)
 *
 * lse = log sum_k e^x_k, and p = softmax(x). p may be x, so l is done with x
 * before p is written. */
RNN_I_FN rnn_real rnn_i_class_loss(const rnn_i_call *call, const rnn_i_loss *s,
                                   size_t i, rnn_real w, rnn_real *p)
{
    const rnn_real *x = s->x + i * s->O, f = s->n > 0 ? rnn_i_div(w, s->n) : 0;
    const size_t y = (size_t)s->ids[rnn_i_target(s, i)];
    rnn_real max, sum, lse, cq, all = 0, l = 0;
    size_t k;

    max = RNN_I_DO(call->k, greatest, s->O, x);
    sum = RNN_I_DO(call->k, exp_sum, s->O, max, 1, x, NULL);
    RNN_I_DO(call->k, map, RNN_FN_LOG, 1, &sum, &lse);
    for (k = 0; k < s->O; k++) {
        cq = rnn_i_class_share(s, k, y);
        all = rnn_i_add(all, cq);
        if (cq != 0) /* x may be -infinity elsewhere */
            l = rnn_i_add(l,
                          rnn_i_mul(cq, rnn_i_sub(lse, rnn_i_sub(x[k], max))));
    }
    if (p) {
        (void)rnn_i_softmax(call, s->O, x, p, &max);
        for (k = 0; k < s->O; k++)
            p[k] = rnn_i_mul(
                f, rnn_i_sub(rnn_i_mul(p[k], all), rnn_i_class_share(s, k, y)));
    }
    return l;
}

/* l_i and dx of row i; of a row that counts for nothing, whose x is not read,
 * zeros. With x less its maximum, and rest = 1 - e:
 *
 *     l = log sum_j e^(x_j) - rest x_k - e/O sum_j x_j
 *     dx = (p - e/O - rest 1_k) w / n
 *
 * dx may be x: x_k and the sum over x are taken before softmax writes p. */
RNN_I_FN rnn_real rnn_i_loss_row(const rnn_i_call *call, const rnn_i_loss *s,
                                 size_t i)
{
    const rnn_real w = rnn_i_loss_weight(s, i), *x = s->x + i * s->O;
    rnn_real *p = s->dx ? s->dx + i * s->O : NULL;
    rnn_real max, sum, l, at, spread = 0;
    const size_t to = rnn_i_target(s, i);
    size_t j;

    if (w == 0) {
        if (p)
            rnn_i_copy(p, NULL, s->O);
        return 0;
    }
    if (!s->ids)
        return rnn_i_div(RNN_I_DO(call->k, row_loss, s->squared, s->O,
                                  rnn_i_div(rnn_i_div(w, s->n), (rnn_real)s->O),
                                  x, s->targets + to * s->O, p),
                         (rnn_real)s->O);
    if (s->how.class_weights)
        return rnn_i_class_loss(call, s, i, w, p);
    /* log-probabilities enter as x - max; smoothing takes some of all */
    at = x[s->ids[to]];
    if (s->each > 0) {
        max = RNN_I_DO(call->k, greatest, s->O, x);
        spread = RNN_I_DO(call->k, spread, s->O, max, s->each, x);
    }
    sum = rnn_i_softmax(call, s->O, x, p, &max);
    at = rnn_i_mul(s->rest, rnn_i_sub(at, max));
    RNN_I_DO(call->k, map, RNN_FN_LOG, 1, &sum, &l);
    l = rnn_i_sub(l, rnn_i_add(at, spread));
    for (j = 0; p && s->each > 0 && j < s->O; j++)
        p[j] = rnn_i_sub(p[j], s->each);
    if (p) {
        p[s->ids[to]] = rnn_i_sub(p[s->ids[to]], s->rest);
        RNN_I_DO(call->k, scale, s->O, rnn_i_div(w, s->n), p, p);
    }
    return l;
}

/* Rows whose losses are kept. */
RNN_I_FN void rnn_i_loss_rows(const rnn_i_call *call, void *arg)
{
    const rnn_i_loss *s = (const rnn_i_loss *)arg;
    size_t first, end, i;

    rnn_i_share(call, s->rows, &first, &end);
    for (i = first; i < end; i++)
        s->how.values[i] = rnn_i_loss_row(call, s, i);
}

/* 16 sums, folded 8, 4, 2, 1, as the kernels fold: sums by i mod 16 that are
 * written here have the bits of a kernel's. */
RNN_I_FN rnn_real rnn_i_fold(rnn_real *lane)
{
    size_t i, n;

    for (n = 8; n; n /= 2)
        for (i = 0; i < n; i++)
            lane[i] = rnn_i_add(lane[i], lane[i + n]);
    return lane[0];
}

/* n: the sum of the weights, each with its class's, by i mod 16. A target is
 * only looked at where the weight is not 0: elsewhere it may be anything. */
RNN_I_FN rnn_real rnn_i_loss_count(const rnn_i_loss *s)
{
    const rnn_real *c = s->how.class_weights;
    rnn_real lane[16], w;
    size_t i;

    if (!c && (!s->seq || !s->seq->lengths || s->how.padding))
        return rnn_i_weight(&s->call, s->how.weights, s->rows);
    for (i = 0; i < 16; i++)
        lane[i] = 0;
    for (i = 0; i < s->rows; i++)
        if ((w = rnn_i_loss_weight(s, i)) != 0)
            lane[i & 15] =
                rnn_i_add(lane[i & 15],
                          c ? rnn_i_mul(w, c[s->ids[rnn_i_target(s, i)]]) : w);
    return rnn_i_fold(lane);
}

/* All rows, then loss = sum_i w_i l_i / n, by i mod 16. The sum is one task in
 * one order, however many parts computed the rows; that is what values are for.
 * A loss that is not finite stops nothing: all is written, and the status says
 * so. */
RNN_I_FN rnn_status rnn_i_loss_sum(rnn_i_loss *s, rnn_real *loss)
{
    rnn_real lane[16], w, l, total;
    int finite = 1, j;
    size_t i;

    for (j = 0; j < 16; j++)
        lane[j] = 0;
    if (s->how.values)
        rnn_i_each(&s->call, rnn_i_loss_rows, s);
    for (i = 0; i < s->rows; i++) {
        w = rnn_i_loss_weight(s, i);
        l = s->how.values ? s->how.values[i] : rnn_i_loss_row(&s->call, s, i);
        if (w == 0)
            continue;
        finite &= rnn_i_finite(l);
        lane[i & 15] = rnn_i_add(lane[i & 15], rnn_i_mul(w, l));
    }
    total = rnn_i_fold(lane);
    if (total != 0) /* nothing counted: 0, not 0/0 */
        total = rnn_i_div(total, s->n);
    if (loss)
        *loss = total;
    return finite ? rnn_i_is_finite(s->call.why, "the loss", total)
                  : RNN_I_NO(s->call.why, RNN_E_NOT_FINITE, "the loss",
                             "@ of a row is infinite or NaN", 0, 0);
}

/* The lengths of what the loss of a pass is given. */
RNN_I_FN rnn_status rnn_i_check_loss(const rnn_i_loss *s, const rnn_loss *h,
                                     rnn_why *why)
{
    const size_t last = rnn_i_target(s, s->rows - 1);
    rnn_status st =
        rnn_i_long(why, "targets", s->seq->targets_len,
                   rnn_i_times(rnn_i_plus(last, 1), s->ids ? 1 : s->O));

    if (!st && h->weights)
        st = rnn_i_long(why, "weights", h->weights_len, s->rows);
    return st || !h->values ? st
                            : rnn_i_long(why, "values", h->values_len, s->rows);
}

/* The checks of a loss, and the loss. s has all but how and what follows from
 * it: call, rows, O, seq, x, targets, dx. Every target that counts is looked at
 * before anything is written. */
RNN_I_FN rnn_status rnn_i_loss_run(rnn_i_loss *s, const rnn_loss *how,
                                   rnn_real *loss)
{
    static const rnn_loss plain = {NULL, NULL, 0, 0, 0, NULL, 0, 0};
    const rnn_loss *h = how ? how : &plain;
    rnn_why *why = s->call.why;
    rnn_status st;
    size_t i;

    if (!s->x || (!s->ids && !s->targets))
        return RNN_I_NO_NULL(why, s->x ? "targets" : "x");
    if (s->O < 1 || !rnn_i_fits(rnn_i_times(s->rows, s->O)))
        return RNN_I_NO(why, RNN_E_SIZE, "outputs",
                        "@ are #, of # rows: none, or too many", s->O, s->rows);
    st = rnn_i_in_real(why, "n", h->n, 0, RNN_I_ENDLESS, 0);
    if (!st && s->seq)
        st = rnn_i_check_loss(s, h, why);
    if (!st)
        st = rnn_i_in_real(why, "smoothing", h->smoothing, 0, 1, 0);
    if (!st && !s->ids && (h->smoothing > 0 || h->class_weights))
        st = RNN_I_NO(why, RNN_E_ARG,
                      h->class_weights ? "class_weights" : "smoothing",
                      "@: cross-entropy alone has it", 0, 0);
    for (i = 0; h->class_weights && i < s->O && !st; i++)
        st = rnn_i_in_real(why, "class_weights", h->class_weights[i], 0,
                           RNN_I_ENDLESS, 0);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "padding", h->padding, 0, 1);
    s->how = *h;
    for (i = 0; h->weights && i < s->rows && !st; i++)
        if (!rnn_i_finite(rnn_i_loss_weight(s, i)))
            st = RNN_I_NO(why, RNN_E_NOT_FINITE, "weights",
                          "@: number # is infinite or NaN", i, 0);
    if (st)
        return st;
    for (i = 0; s->ids && i < s->rows; i++)
        if (rnn_i_loss_weight(s, i) != 0) {
            const int id = s->ids[rnn_i_target(s, i)];
            const size_t B = s->seq ? (size_t)s->seq->batch : s->rows;
            if (id < 0 || (size_t)id >= s->O)
                return rnn_i_no_id(why, "targets", id, s->O, (int)(i / B),
                                   i % B);
        }
    if (!h->values) /* sums run over values in order */
        s->call.parts = 1;
    s->n = h->n > 0 ? h->n : rnn_i_loss_count(s);
    s->each = rnn_i_div(h->smoothing, (rnn_real)s->O);
    s->rest = rnn_i_sub(1, h->smoothing);
    return rnn_i_loss_sum(s, loss);
}

/* What it compares with: ids, or numbers by squared error or by sigmoid. */
RNN_I_FN void rnn_i_loss_with(rnn_i_loss *s, const int *ids,
                              const rnn_real *targets, int squared)
{
    s->seq = NULL;
    s->strided = 0;
    s->ids = ids;
    s->targets = targets;
    s->squared = squared;
}

/* Of any rows; s->dx is set. */
RNN_I_FN rnn_status rnn_i_loss_of_rows(rnn_i_loss *s, const rnn_real *x,
                                       size_t rows, int outputs,
                                       const rnn_loss *how, rnn_real *loss,
                                       const rnn_run *run)
{
    const rnn_status st = rnn_i_begin_run(run, &s->call);

    s->x = x;
    s->rows = rows;
    s->O = outputs < 0 ? 0 : (size_t)outputs;
    return st ? st : rnn_i_loss_run(s, how, loss);
}

/* Of what a pass has left in logits: the pass must have had these steps, rows
 * and lengths; strides are the targets' own. dlogits are written only if it was
 * a forward pass, since after an infer those that are there may still wait for
 * backward. */
RNN_I_FN rnn_status rnn_i_loss_of_pass(rnn_i_loss *s, const rnn_net *net,
                                       rnn_work *work, const rnn_seq *seq,
                                       const rnn_loss *how, rnn_real *loss)
{
    const rnn_i_open *o;
    size_t b = 0;
    rnn_status st = rnn_i_enter(net, work, &s->call);

    if (!st)
        st = rnn_i_check_most(net, seq, s->call.why);
    if (!st)
        st = rnn_i_check_shape(seq, -1, s->call.why);
    if (st)
        return st;
    o = &work->i;
    if (o->out == RNN_I_NO_PASS)
        return RNN_I_NO(s->call.why, RNN_E_ORDER, "logits",
                        "@ are not those of a pass over sequences", 0, 0);
    if (o->out_steps != seq->steps || o->out_batch != seq->batch)
        return RNN_I_NO(s->call.why, RNN_E_ORDER, "logits",
                        "@ are those of a pass of # steps of # rows",
                        o->out_steps, o->out_batch);
    while (seq->lengths && b < (size_t)seq->batch && !seq->lengths[b])
        b++;
    if (b == (size_t)seq->batch && !(how && (how->n > 0 || how->padding)))
        return RNN_I_NO(s->call.why, RNN_E_LENGTH, "lengths",
                        "@ are all 0: a mean over nothing", 0, 0);
    if (o->out_lengths != rnn_i_hash_lengths(seq))
        return RNN_I_NO(s->call.why, RNN_E_ORDER, "lengths",
                        "@ are not those of the pass: weights of 0 leave out "
                        "more",
                        0, 0);
    st = rnn_i_check_out(work, seq, o->out == RNN_I_TRAINING);
    if (st)
        return st;
    s->seq = seq;
    s->strided = !o->m.n_to_1 && (seq->step_stride || seq->row_stride);
    s->x = work->logits;
    s->rows = (size_t)seq->batch * (o->m.n_to_1 ? 1 : (size_t)seq->steps);
    s->O = o->m.Y;
    s->dx = o->out == RNN_I_TRAINING ? work->dlogits : NULL;
    st = rnn_i_loss_run(s, how, loss);
    if (s->dx && (!st || st == RNN_E_NOT_FINITE)) {
        work->i.lost = 1;
        work->i.stale = 0;
    }
    return st;
}

/* Three losses, each of a pass and of any rows: what differs is which targets
 * there are and whether the error is squared. A pass knows its rows, lengths
 * and where dlogits are; rows bring all of that along. */
RNNDEF rnn_status rnn_cross_entropy(const rnn_net *net, rnn_work *work,
                                    const rnn_seq *seq, const int *targets,
                                    const rnn_loss *how, rnn_real *loss)
{
    rnn_i_loss s;

    rnn_i_loss_with(&s, targets, NULL, 0);
    return rnn_i_loss_of_pass(&s, net, work, seq, how, loss);
}

RNNDEF rnn_status rnn_sigmoid_cross_entropy(const rnn_net *net, rnn_work *work,
                                            const rnn_seq *seq,
                                            const rnn_real *targets,
                                            const rnn_loss *how, rnn_real *loss)
{
    rnn_i_loss s;

    rnn_i_loss_with(&s, NULL, targets, 0);
    return rnn_i_loss_of_pass(&s, net, work, seq, how, loss);
}

RNNDEF rnn_status rnn_squared_error(const rnn_net *net, rnn_work *work,
                                    const rnn_seq *seq, const rnn_real *targets,
                                    const rnn_loss *how, rnn_real *loss)
{
    rnn_i_loss s;

    rnn_i_loss_with(&s, NULL, targets, 1);
    return rnn_i_loss_of_pass(&s, net, work, seq, how, loss);
}

RNNDEF rnn_status rnn_cross_entropy_rows(const rnn_real *x, size_t rows,
                                         int outputs, const int *targets,
                                         const rnn_loss *how, rnn_real *dx,
                                         rnn_real *loss, const rnn_run *run)
{
    rnn_i_loss s;

    rnn_i_loss_with(&s, targets, NULL, 0);
    s.dx = dx;
    return rnn_i_loss_of_rows(&s, x, rows, outputs, how, loss, run);
}

RNNDEF rnn_status rnn_sigmoid_cross_entropy_rows(
    const rnn_real *x, size_t rows, int outputs, const rnn_real *targets,
    const rnn_loss *how, rnn_real *dx, rnn_real *loss, const rnn_run *run)
{
    rnn_i_loss s;

    rnn_i_loss_with(&s, NULL, targets, 0);
    s.dx = dx;
    return rnn_i_loss_of_rows(&s, x, rows, outputs, how, loss, run);
}

RNNDEF rnn_status rnn_squared_error_rows(const rnn_real *x, size_t rows,
                                         int outputs, const rnn_real *targets,
                                         const rnn_loss *how, rnn_real *dx,
                                         rnn_real *loss, const rnn_run *run)
{
    rnn_i_loss s;

    rnn_i_loss_with(&s, NULL, targets, 1);
    s.dx = dx;
    return rnn_i_loss_of_rows(&s, x, rows, outputs, how, loss, run);
}

/* ============================================================================
 * [TRAIN]  initialisers and clipping
 *
 * Rules of initialisers, for a weight of PyTorch's shape (out, in):
 *
 *     default           U(-f, f), f = 1 / sqrt fan: H of a recurrent layer, the
 *                       width of what any other reads; a table N(0, 1)
 *     Xavier            U of f = sqrt(6 / (in + out)), N of
 *                       sqrt(2 / (in + out)): Glorot & Bengio 2010
 *     He                U of f = sqrt(3 / in), N of 1 / sqrt in
 *     orthogonal        Q of a normal matrix: Saxe et al. 2014
 *     identity          ones where row = column: Le, Jaitly & Hinton 2015
 *
 * each times gain. Clipping multiplies all gradients by
 *
 *     min(1, max_norm / (|g| + 1e-6))    |g| the root of the sum of squares, or
 *                                        the greatest size
 * ========================================================================= */

/* Where row r, column c of PyTorch's tensor lies. */
RNN_I_FN rnn_real *rnn_i_cell_of(const rnn_tensor *t, rnn_real *params,
                                 size_t r, size_t c)
{
    const size_t rows = (size_t)t->rows, cols = t->cols ? (size_t)t->cols : 1;
    return params + t->offset + (t->transposed ? c * rows + r : r * cols + c);
}

/* A matrix of n rows (or columns: across) of m numbers at row r0 made
 * orthonormal, m >= n: Gram & Schmidt, twice, for the digits. From every vector
 * what it has of those before it is taken away; then it is divided by its norm.
 * Sums are one chain in increasing index. */
RNN_I_COLD void rnn_i_orthogonal(const rnn_tensor *t, rnn_real *params,
                                 size_t r0, size_t n, size_t m, int across)
{
#define RNN_I_AT(i, j)                                                         \
    (across ? rnn_i_cell_of(t, params, r0 + (j), (i))                          \
            : rnn_i_cell_of(t, params, r0 + (i), (j)))
    rnn_real s;
    size_t i, j, k, turn; /* of unit vectors, in place of a draw of zeros */
    int pass;

    for (i = 0, turn = 0; i < n; i++) {
        for (pass = 0; pass < 2; pass++)
            for (k = 0; k < i; k++) {
                for (s = 0, j = 0; j < m; j++)
                    s = rnn_i_add(s,
                                  rnn_i_mul(*RNN_I_AT(i, j), *RNN_I_AT(k, j)));
                for (j = 0; j < m; j++)
                    *RNN_I_AT(i, j) = rnn_i_sub(*RNN_I_AT(i, j),
                                                rnn_i_mul(s, *RNN_I_AT(k, j)));
            }
        for (s = 0, j = 0; j < m; j++)
            s = rnn_i_add(s, rnn_i_mul(*RNN_I_AT(i, j), *RNN_I_AT(i, j)));
        if (!(s > (rnn_real)1e-12) && turn < m) { /* nothing is left of it */
            for (j = 0; j < m; j++)
                *RNN_I_AT(i, j) = j == turn;
            turn++;
            i--;
            continue;
        }
        s = rnn_i_sqrt(s);
        for (j = 0; j < m; j++)
            *RNN_I_AT(i, j) = rnn_i_div(*RNN_I_AT(i, j), s);
    }
#undef RNN_I_AT
}

/* f of the rules above, for a weight (out, in). */
RNN_I_FN rnn_real rnn_i_init_factor(rnn_init_rule rule, rnn_real out,
                                    rnn_real in, int fan)
{
    switch (rule) {
    case RNN_INIT_DEFAULT:
        return fan ? rnn_i_div(1, rnn_i_sqrt((rnn_real)fan)) : 1;
    case RNN_INIT_XAVIER_UNIFORM:
        return rnn_i_sqrt(rnn_i_div(6, rnn_i_add(in, out)));
    case RNN_INIT_XAVIER_NORMAL:
        return rnn_i_sqrt(rnn_i_div(2, rnn_i_add(in, out)));
    case RNN_INIT_HE_UNIFORM: return rnn_i_sqrt(rnn_i_div(3, in));
    case RNN_INIT_HE_NORMAL: return rnn_i_div(1, rnn_i_sqrt(in));
    default: return 1;
    }
}

/* A rule comes to a factor f of a uniform or normal number. Orthogonal and
 * identity matrices are made block by block, a gate each, as if every gate had
 * a weight of its own.
 *
 * Numbers are drawn in the order in which they lie in params, not in PyTorch's:
 * one draw an element, none for constants and identities. Orthogonal matrices
 * are made of normal numbers; gain comes at the end, as they must have norm 1
 * until then. */
RNNDEF rnn_status rnn_init_tensor(const rnn_tensor *tensor, rnn_real *params,
                                  rnn_init_rule rule, rnn_real gain,
                                  rnn_rng *rng, rnn_why *why)
{
    const rnn_tensor *t = tensor;
    rnn_real f, *at, u;
    size_t i, r, r0, rows, cols, block;
    int normal;
    rnn_status st;

    rnn_i_forget(why);
    if (!t || !params || !rng)
        return RNN_I_NO_NULL(why, !t ? "tensor" : !params ? "params" : "rng");
    st = rnn_i_in(why, RNN_E_ARG, "rows", t->rows, 1, INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "cols", t->cols, 0, INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "rule", (int)rule, 0, RNN_INIT_RULES - 1);
    if (!st)
        st = rnn_i_is_finite(why, "gain", gain);
    if (st)
        return st;
    rows = (size_t)t->rows;
    cols = t->cols ? (size_t)t->cols : 1;
    f = rnn_i_init_factor(rule, (rnn_real)rows, (rnn_real)cols, t->fan);
    f = rnn_i_mul(f, gain);
    normal = rule == RNN_INIT_NORMAL || rule == RNN_INIT_XAVIER_NORMAL ||
             rule == RNN_INIT_HE_NORMAL || rule == RNN_INIT_ORTHOGONAL ||
             (rule == RNN_INIT_DEFAULT && !t->fan);
    for (i = 0; i < t->size; i++) {
        at = params + t->offset + i;
        if (rule == RNN_INIT_CONSTANT || rule == RNN_INIT_IDENTITY) {
            *at = rule == RNN_INIT_CONSTANT ? gain : 0;
            continue;
        }
        u = normal ? rnn_normal(rng)
                   : rnn_i_sub(rnn_i_mul(2, rnn_uniform(rng)), 1);
        *at = rule == RNN_INIT_ORTHOGONAL ? u : rnn_i_mul(f, u);
    }
    /* a gate's block of rows: the fan of a recurrent layer is H */
    block = t->fan && rows % (size_t)t->fan == 0 && rows > (size_t)t->fan
                ? (size_t)t->fan
                : rows;
    for (r0 = 0; r0 < rows; r0 += block) {
        if (rule == RNN_INIT_ORTHOGONAL) {
            if (block <= cols)
                rnn_i_orthogonal(t, params, r0, block, cols, 0);
            else
                rnn_i_orthogonal(t, params, r0, cols, block, 1);
        }
        for (r = 0; rule == RNN_INIT_IDENTITY && r < block && r < cols; r++)
            *rnn_i_cell_of(t, params, r0 + r, r) = gain;
    }
    for (i = 0; rule == RNN_INIT_ORTHOGONAL && i < t->size; i++)
        params[t->offset + i] = rnn_i_mul(gain, params[t->offset + i]);
    return RNN_OK;
}

/* What initialises a whole model begins like this. */
RNN_I_FN rnn_status rnn_i_open_params(const rnn_model *model, rnn_i_model *m,
                                      const rnn_real *params, size_t params_len,
                                      rnn_why *why)
{
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_model_of(model, m, why);
    if (!st)
        st = rnn_i_there(why, "params", params);
    if (!st && params_len < m->params)
        st = RNN_I_NO_ROOM(why, "params", params_len, m->params);
    return st;
}

/* Every tensor by PyTorch's default for its kind. */
RNNDEF rnn_status rnn_init_params(const rnn_model *model, rnn_real *params,
                                  size_t params_len, rnn_rng *rng, rnn_why *why)
{
    rnn_i_model m;
    rnn_tensor t;
    int i;
    rnn_status st = rnn_i_open_params(model, &m, params, params_len, why);

    if (!st)
        st = rnn_i_there(why, "rng", rng);
    for (i = 0; !st && rnn_model_tensor(model, i, &t, NULL) == RNN_OK; i++)
        st = rnn_init_tensor(&t, params, RNN_INIT_DEFAULT, 1, rng, why);
    return st;
}

/* b_ih gets all of it, and b_hh 0, since z starts at their sum: the forget gate
 * begins near sigmoid(bias), and a state is kept before anything is learnt
 * (Gers, Schmidhuber & Cummins 2000; Jozefowicz et al. 2015). */
RNNDEF rnn_status rnn_init_forget_bias(const rnn_model *model, rnn_real *params,
                                       size_t params_len, rnn_real bias,
                                       rnn_why *why)
{
    rnn_i_model m;
    rnn_i_layer a;
    size_t q, j;
    int i;
    rnn_status st = rnn_i_open_params(model, &m, params, params_len, why);

    if (st)
        return st;
    if (!m.top.y.row->f || model->no_bias)
        return RNN_I_NO(why, RNN_E_ARG, "cell",
                        "@ # has no bias of a forget gate (no_bias is #)",
                        (int)model->cell, model->no_bias);
    st = rnn_i_is_finite(why, "bias", bias);
    if (st)
        return st;
    for (i = m.given ? 0 : m.sources; i >= 0; i--) {
        const rnn_i_side *s = i ? &m.source[i - 1].side : &m.top;
        const size_t f = s->y.row->f * s->y.H;
        rnn_real *at = params + s->rnn;
        for (q = 0; q < s->y.L * s->y.D; q++) {
            rnn_i_layer_at(&s->y, q / s->y.D, q % s->y.D, &a);
            for (j = f; j < f + s->y.H; j++) {
                at[a.b_ih + j] = bias;
                at[a.b_hh + j] = 0;
            }
        }
    }
    return RNN_OK;
}

/* The power of two s with 1 <= s x < 2, x > 0: squares of what is at most x,
 * times s, neither overflow nor vanish against the greatest. Times a power of
 * two rounds nothing but what becomes subnormal. For the least x, s stops
 * before it overflows, and s x is below 1. */
RNN_I_FN rnn_real rnn_i_scale_to_one(rnn_real x)
{
    rnn_real s = 1;

    while (rnn_i_mul(x, s) >= 2 && s > (rnn_real)1e-37) /* not subnormal */
        s = rnn_i_mul(s, (rnn_real)0.5);
    while (rnn_i_mul(x, s) < 1 && s < (rnn_real)1e37)
        s = rnn_i_mul(s, 2);
    return s;
}

/* No gradient above a limit. */
RNN_I_FN rnn_status rnn_i_check_clip(const rnn_real *grads, rnn_real limit,
                                     const rnn_run *run, rnn_i_call *call)
{
    const rnn_status st = rnn_i_begin_run(run, call);

    if (st)
        return st;
    return grads ? rnn_i_in_real(call->why, "the limit", limit, 0,
                                 RNN_I_ENDLESS, 1)
                 : RNN_I_NO_NULL(call->why, "grads");
}

/* The checks of clipping, and the greatest size of an element, which is not
 * finite if any is not. Clipping has one part: a norm is one sum. */
RNN_I_FN rnn_status rnn_i_clip_begin(const rnn_real *grads, size_t n,
                                     rnn_real limit, const rnn_run *run,
                                     rnn_i_call *call, rnn_real *most)
{
    rnn_status st = rnn_i_check_clip(grads, limit, run, call);

    if (st)
        return st;
    *most = RNN_I_DO(call->k, greatest_size, n, grads);
    return rnn_i_is_finite(call->why, "a gradient", *most);
}

/* Gradients times f = s rest, if that is below 1; s brings the greatest to
 * about 1. A subnormal f would be 0 where those are flushed: then in two steps.
 */
RNN_I_FN void rnn_i_shrink(const rnn_i_call *call, rnn_real *grads, size_t n,
                           rnn_real f, rnn_real s, rnn_real rest)
{
    const rnn_real least = (rnn_real)RNN_I_TINY;

    if (f > least && f < 1) {
        RNN_I_DO(call->k, scale, n, f, grads, grads);
    } else if (f <= least) {
        RNN_I_DO(call->k, scale, n, s, grads, grads);
        RNN_I_DO(call->k, scale, n, rest, grads, grads);
    }
}

/* The sum of squares is taken of numbers scaled to about 1, so that it neither
 * overflows nor vanishes: gradients of 1e30 or 1e-30 have a norm. */
RNNDEF rnn_status rnn_clip_grad_norm(rnn_real *grads, size_t n,
                                     rnn_real max_norm, rnn_real *norm,
                                     const rnn_run *run)
{
    rnn_i_call call;
    rnn_real most = 0, s, root, size, f;
    rnn_status st = rnn_i_clip_begin(grads, n, max_norm, run, &call, &most);

    if (norm && (!st || st == RNN_E_NOT_FINITE))
        *norm = most;
    if (st || most <= 0)
        return st;
    s = rnn_i_scale_to_one(most);
    root = rnn_i_sqrt(RNN_I_DO(call.k, sum_squares, n, s, grads));
    if (norm)
        *norm = rnn_i_div(root, s);
    /* max / (root / s + 1e-6), but root / s may overflow: times s throughout */
    size = rnn_i_add(root, rnn_i_mul((rnn_real)1e-6, s));
    f = rnn_i_div(rnn_i_mul(max_norm, s), size);
    rnn_i_shrink(&call, grads, n, f, s, rnn_i_div(max_norm, size));
    return RNN_OK;
}

/* By the greatest size in place of the length. 1e-6 as in PyTorch, so that
 * gradients of 0 stay 0. Numbers so small that a factor of them would overflow
 * are brought near 1 first. */
RNNDEF rnn_status rnn_clip_grad_max(rnn_real *grads, size_t n,
                                    rnn_real max_norm, rnn_real *norm,
                                    const rnn_run *run)
{
    rnn_i_call call;
    rnn_real most = 0, size, s, f;
    rnn_status st = rnn_i_clip_begin(grads, n, max_norm, run, &call, &most);

    if (norm && (!st || st == RNN_E_NOT_FINITE))
        *norm = most;
    if (st)
        return st;
    size = rnn_i_add(most, (rnn_real)1e-6);
    s = rnn_i_scale_to_one(most);
    f = rnn_i_div(max_norm, size);
    rnn_i_shrink(&call, grads, n, f, s,
                 rnn_i_div(max_norm, rnn_i_mul(size, s)));
    return RNN_OK;
}

/* Each element to [-limit, limit]; a NaN stays. */
RNNDEF rnn_status rnn_clip_grad_value(rnn_real *grads, size_t n, rnn_real limit,
                                      const rnn_run *run)
{
    rnn_i_call call;
    rnn_status st = rnn_i_check_clip(grads, limit, run, &call);

    if (st)
        return st;
    RNN_I_DO(call.k, clamp, n, limit, grads);
    return RNN_OK;
}

/* ============================================================================
 * [OPTIMIZERS]  the equations stand with their kernel
 *
 * An optimiser is its constants, the step's number and the powers of beta; its
 * moments are the caller's, arrays of the length of params one after the other.
 * A step begins once (rnn_optimizer_begin counts it), then updates ranges of
 * elements, in any order and by any thread, since no element reads another.
 * ========================================================================= */

/* A number from 0 on; neither infinite nor NaN. */
RNN_I_FN rnn_status rnn_i_is_rate(rnn_why *why, const char *name, rnn_real x)
{
    return rnn_i_in_real(why, name, x, 0, RNN_I_ENDLESS, 0);
}

/* PyTorch's defaults of each kind. */
RNNDEF rnn_status rnn_optimizer_init(rnn_optimizer *opt,
                                     rnn_optimizer_kind kind, rnn_real lr,
                                     rnn_why *why)
{
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_there(why, "opt", opt);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "kind", (int)kind, 0, RNN_OPTIMIZERS - 1);
    if (!st)
        st = rnn_i_is_rate(why, "lr", lr);
    if (st)
        return st;
    opt->kind = kind;
    opt->lr = lr;
    opt->weight_decay = kind == RNN_OPT_ADAMW ? (rnn_real)0.01 : 0;
    opt->momentum = opt->dampening = 0;
    opt->nesterov = opt->centered = opt->amsgrad = 0;
    opt->rho = kind == RNN_OPT_RMSPROP ? (rnn_real)0.99 : (rnn_real)0.9;
    opt->beta1 = (rnn_real)0.9;
    opt->beta2 = (rnn_real)0.999;
    opt->eps = kind == RNN_OPT_ADAGRAD    ? (rnn_real)1e-10
               : kind == RNN_OPT_ADADELTA ? (rnn_real)1e-6
                                          : (rnn_real)1e-8;
    opt->lr_decay = opt->initial = 0;
    opt->step = opt->keeps = 0;
    opt->bias1 = opt->bias2 = 0;
    return RNN_OK;
}

/* What some kinds read, and others would pass over in silence. rho, beta and
 * eps are set by rnn_optimizer_init for all. */
RNN_I_COLD rnn_status rnn_i_check_kind(const rnn_optimizer *o, rnn_why *why)
{
#define RNN_I_KIND(kind) (1u << RNN_OPT_##kind)
    const struct {
        const char *name;
        int set;
        unsigned kinds;
    } fields[] = {
        {"momentum", o->momentum != 0, RNN_I_KIND(SGD) | RNN_I_KIND(RMSPROP)},
        {"dampening", o->dampening != 0, RNN_I_KIND(SGD)},
        {"nesterov", o->nesterov, RNN_I_KIND(SGD)},
        {"centered", o->centered, RNN_I_KIND(RMSPROP)},
        {"amsgrad", o->amsgrad, RNN_I_KIND(ADAM) | RNN_I_KIND(ADAMW)},
        {"lr_decay", o->lr_decay != 0, RNN_I_KIND(ADAGRAD)},
        {"initial", o->initial != 0, RNN_I_KIND(ADAGRAD)}};
#undef RNN_I_KIND
    rnn_status st = RNN_OK;
    size_t i;

    for (i = 0; i < sizeof fields / sizeof fields[0] && !st; i++)
        st = rnn_i_unread(why,
                          fields[i].set && !(fields[i].kinds >> o->kind & 1),
                          fields[i].name, (int)o->kind);
    return st;
}

/* Whether each number of an optimiser is in its range, which a NaN is not. */
RNN_I_COLD rnn_status rnn_i_check_optimizer(const rnn_optimizer *o,
                                            rnn_why *why)
{
    const rnn_real none = RNN_I_ENDLESS;
    rnn_status st = o ? rnn_i_in(why, RNN_E_ARG, "kind", (int)o->kind, 0,
                                 RNN_OPTIMIZERS - 1)
                      : RNN_I_NO_NULL(why, "opt");
    size_t i;

    for (i = 0; i < 9 && !st; i++) {
        static const char *const names[] = {
            "lr",      "weight_decay", "momentum", "eps",  "lr_decay",
            "initial", "rho",          "beta1",    "beta2"};
        const rnn_real x[] = {o->lr,       o->weight_decay, o->momentum,
                              o->eps,      o->lr_decay,     o->initial,
                              o->rho,      o->beta1,        o->beta2};
        st = rnn_i_in_real(why, names[i], x[i], 0, i < 6 ? none : 1, i == 6);
    }
    if (!st)
        st = rnn_i_in_real(why, "dampening", o->dampening, -none, none, 0);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "nesterov", o->nesterov, 0, 1);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "centered", o->centered, 0, 1);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "amsgrad", o->amsgrad, 0, 1);
    if (!st)
        st = rnn_i_check_kind(o, why);
    if (!st && o->nesterov && o->momentum <= 0) /* as torch.optim.SGD */
        st = rnn_i_no_real(why, RNN_E_ARG, "momentum",
                           "@ is ~, but nesterov is 1", o->momentum);
    if (!st && o->nesterov && o->dampening != 0)
        st = rnn_i_no_real(why, RNN_E_ARG, "dampening",
                           "@ is ~, but nesterov is 1", o->dampening);
    if (!st && !(o->rho > 0) && !(o->beta1 > 0) && !(o->beta2 > 0) &&
        !(o->eps > 0) && (o->kind != RNN_OPT_SGD || !(o->lr > 0)))
        st = RNN_I_NO(why, RNN_E_ORDER, "opt",
                      "@ has no constants of its kind: rnn_optimizer_init", 0,
                      0);
    return st;
}

/* How many arrays of the length of params a kind keeps from step to step. */
RNN_I_FN size_t rnn_i_kept_moments(const rnn_optimizer *opt)
{
    switch (opt->kind) {
    case RNN_OPT_SGD: return opt->momentum > 0 ? 1 : 0;
    case RNN_OPT_ADAGRAD: return 1;
    case RNN_OPT_ADADELTA: return 2;
    case RNN_OPT_RMSPROP:
        return 1u + (opt->centered ? 1u : 0u) + (opt->momentum > 0 ? 1u : 0u);
    default: return opt->amsgrad ? 3 : 2;
    }
}

/* For rnn_most.moments, and for whoever places them by hand: each is an array
 * as long as params, one behind the other. */
RNNDEF rnn_status rnn_optimizer_moments(const rnn_optimizer *opt, size_t *count,
                                        rnn_why *why)
{
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_there(why, "count", count);
    if (!st)
        st = rnn_i_check_optimizer(opt, why);
    if (!st)
        *count = rnn_i_kept_moments(opt);
    return st;
}

/* What an optimiser keeps, for opt->keeps: how many moments (bits 0, 1), its
 * kind (2 to 5), whether it is centered (6). */
RNN_I_FN uint32_t rnn_i_keeps(const rnn_optimizer *opt)
{
    return (uint32_t)opt->kind << 2 | (opt->centered ? 64u : 0u) |
           (uint32_t)rnn_i_kept_moments(opt);
}

/* What a later step must find as the first one has left it. */
RNN_I_FN rnn_status rnn_i_check_later(const rnn_optimizer *opt, rnn_why *why)
{
    const uint32_t old = opt->keeps, keeps = rnn_i_keeps(opt);

    if ((keeps >> 2 & 15) != (old >> 2 & 15))
        return RNN_I_NO(why, RNN_E_ORDER, "opt",
                        "@ is of kind #, and was of # at its first step",
                        keeps >> 2 & 15, old >> 2 & 15);
    if ((keeps & 3) > (old & 3))
        return RNN_I_NO(why, RNN_E_ORDER, "opt",
                        "@ keeps # moments, and # since its first step",
                        keeps & 3, old & 3);
    if (keeps & ~old & 64)
        return RNN_I_NO(why, RNN_E_ORDER, "centered",
                        "@ is 1, and was 0 at the first step", 0, 0);
    if (old & ~keeps & 64 && opt->momentum > 0)
        return RNN_I_NO(why, RNN_E_ORDER, "centered",
                        "@ is 0, and was 1 at the first step: momentum lies "
                        "behind its moment",
                        0, 0);
    return opt->kind < RNN_OPT_ADAM || (opt->bias1 > 0 && opt->bias1 <= 1 &&
                                        opt->bias2 > 0 && opt->bias2 <= 1)
               ? RNN_OK
               : RNN_I_NO(why, RNN_E_ORDER, "bias1 or bias2",
                          "@ is no 1 - beta^step, step being #: saved with it?",
                          opt->step, 0);
}

/* step counts from 1 in the range calls that follow. The last number is
 * refused, since behind it a first step would come again, which clears the
 * moments. */
RNN_I_FN rnn_status rnn_i_begin_step(rnn_optimizer *opt, rnn_why *why)
{
    rnn_status st = rnn_i_check_optimizer(opt, why);

    if (st)
        return st;
    if (opt->step == 0xffffffffu)
        return RNN_I_NO(why, RNN_E_SIZE, "step", "@ is the last number", 0, 0);
    if (opt->step)
        st = rnn_i_check_later(opt, why);
    if (st)
        return st;
    if (!opt->step)
        opt->keeps = rnn_i_keeps(opt);
    opt->step++;
    /* 1 - beta^t follows the recurrence of a moment of ones, from 0 */
    if (opt->step == 1)
        opt->bias1 = opt->bias2 = 0;
    opt->bias1 =
        rnn_i_add(rnn_i_mul(opt->beta1, opt->bias1), rnn_i_sub(1, opt->beta1));
    opt->bias2 =
        rnn_i_add(rnn_i_mul(opt->beta2, opt->bias2), rnn_i_sub(1, opt->beta2));
    return RNN_OK;
}

RNNDEF rnn_status rnn_optimizer_begin(rnn_optimizer *opt, rnn_why *why)
{
    rnn_i_forget(why);
    return rnn_i_begin_step(opt, why);
}

/* Elements of one update, for the parts that share it; a part moves its own
 * copy of u to where its share begins. */
typedef struct rnn_i_range {
    rnn_i_update u; /* of the first */
    size_t count;
} rnn_i_range;

/* A share of the elements; each is updated alone. */
RNN_I_FN void rnn_i_update_range(const rnn_i_call *call, void *arg)
{
    const rnn_i_range *r = (const rnn_i_range *)arg;
    rnn_i_update u = r->u;
    size_t first, end;

    rnn_i_share(call, r->count, &first, &end);
    u.p += first;
    u.g += first;
    u.m1 = u.m1 ? u.m1 + first : NULL;
    u.m2 = u.m2 ? u.m2 + first : NULL;
    u.m3 = u.m3 ? u.m3 + first : NULL;
    RNN_I_DO(call->k, update, end - first, &u);
}

typedef struct rnn_i_arrays_of { /* what an optimiser works on */
    rnn_real *params, *moments;
    const rnn_real *grads;
} rnn_i_arrays_of;

/* What depends on the step, not on the element, is computed here once; the
 * kernel does the rest. beta2 is what the second moment keeps, rho of Adadelta
 * and RMSprop. Of AdamW, decay is lr times weight_decay, with lr as it was set:
 * so it stands before lr is divided by 1 - beta1^t. */
RNN_I_FN void rnn_i_update_of(const rnn_optimizer *opt, rnn_i_update *u)
{
    u->kind = (int)opt->kind;
    u->nesterov = opt->nesterov;
    u->centered = opt->centered;
    u->amsgrad = opt->amsgrad;
    u->momentum = opt->momentum > 0;
    u->begin = opt->step == 1;
    u->lr = opt->lr;
    u->decay = opt->weight_decay;
    u->mu = opt->momentum;
    u->rest_mu = rnn_i_sub(1, opt->dampening);
    u->beta1 = opt->beta1;
    u->beta2 = opt->beta2;
    u->root = 1;
    u->eps = opt->eps;
    u->initial = opt->initial;
    if (opt->kind == RNN_OPT_ADADELTA || opt->kind == RNN_OPT_RMSPROP)
        u->beta2 = opt->rho;
    u->rest1 = rnn_i_sub(1, u->beta1);
    u->rest2 = rnn_i_sub(1, u->beta2);
    if (opt->kind == RNN_OPT_ADAGRAD)
        u->lr = rnn_i_div(
            u->lr,
            rnn_i_add(1, rnn_i_mul((rnn_real)(opt->step - 1), opt->lr_decay)));
    if (opt->kind == RNN_OPT_ADAMW)
        u->decay = rnn_i_mul(u->lr, u->decay);
    if (opt->kind >= RNN_OPT_ADAM) {
        u->lr = rnn_i_div(u->lr, opt->bias1);
        u->root = rnn_i_sqrt(opt->bias2);
    }
}

#ifdef RNN_CHECK
/* Gradients that somebody has written, and moments: the first step writes them,
 * the others read them. */
RNN_I_FN rnn_status rnn_i_check_learnt(const rnn_optimizer *opt,
                                       const rnn_i_arrays_of *w, size_t n,
                                       size_t first, size_t count, rnn_why *why)
{
    rnn_status st = rnn_i_check_numbers(w->grads + first, count, "grads", why);
    size_t k;

    for (k = 0; !st && opt->step > 1 && k < rnn_i_kept_moments(opt); k++)
        st = rnn_i_check_numbers(w->moments + k * n + first, count, "moments",
                                 why);
    return st;
}
#endif

/* Elements first to first + count of n. The arrays that a kind keeps stand one
 * after the other, n elements each. RMSprop's momentum is its last array: m3,
 * which without the mean of a centered one lies second. */
RNN_I_FN rnn_status rnn_i_run_range(const rnn_optimizer *opt,
                                    const rnn_i_arrays_of *w, size_t n,
                                    size_t first, size_t count,
                                    const rnn_run *run, rnn_why *why)
{
    rnn_i_call call;
    rnn_i_range range;
    rnn_i_update *u = &range.u;
    rnn_real *m = w->moments;
    size_t kept;
    rnn_status st = rnn_i_begin(run, why, &call);

    if (!st)
        st = rnn_i_check_optimizer(opt, why);
    if (st)
        return st;
    kept = rnn_i_kept_moments(opt);
    if (!w->params || !w->grads || (kept && !m))
        return RNN_I_NO_NULL(why, !w->params  ? "params"
                                  : !w->grads ? "grads"
                                              : "moments");
    if (opt->step == 0)
        return RNN_I_NO(why, RNN_E_ARG, "opt",
                        "@ has begun no step: rnn_optimizer_begin", 0, 0);
    if (first > n || count > n - first)
        return RNN_I_NO(why, RNN_E_SIZE, "count",
                        "@, #, goes beyond the end of #", count, n);
    rnn_i_update_of(opt, u);
    u->p = w->params + first;
    u->g = w->grads + first;
    u->m1 = kept > 0 ? m + first : NULL;
    u->m2 = kept > 1 ? m + n + first : NULL;
    u->m3 = kept > 2 ? m + 2 * n + first : NULL;
#ifdef RNN_CHECK
    st = rnn_i_check_learnt(opt, w, n, first, count, why);
    if (st)
        return st;
#endif
    if (opt->kind == RNN_OPT_RMSPROP && !opt->centered)
        u->m3 = u->m2;
    range.count = count;
    rnn_i_each(&call, rnn_i_update_range, &range);
    return RNN_OK;
}

/* A caller's threads, or groups of parameters, each on its own range. */
RNNDEF rnn_status rnn_optimizer_range(const rnn_optimizer *opt,
                                      rnn_real *params, const rnn_real *grads,
                                      rnn_real *moments, size_t n, size_t first,
                                      size_t count, const rnn_run *run)
{
    rnn_i_arrays_of w;

    w.params = params;
    w.moments = moments;
    w.grads = grads;
    return rnn_i_run_range(opt, &w, n, first, count, run,
                           run ? run->why : NULL);
}

/* Takes back a step that was begun; its state was this before. */
RNN_I_FN rnn_status rnn_i_take_back(rnn_optimizer *opt, rnn_real bias1,
                                    rnn_real bias2, rnn_status st)
{
    opt->step--;
    opt->keeps = opt->step ? opt->keeps : 0;
    opt->bias1 = bias1;
    opt->bias2 = bias2;
    return st;
}

/* Begin and one range of all, taken back together if the range is refused. */
RNNDEF rnn_status rnn_optimizer_step_array(rnn_optimizer *opt, rnn_real *params,
                                           const rnn_real *grads,
                                           rnn_real *moments, size_t n,
                                           const rnn_run *run)
{
    const rnn_real bias1 = opt ? opt->bias1 : 0, bias2 = opt ? opt->bias2 : 0;
    rnn_why *why = run ? run->why : NULL;
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_begin_step(opt, why);
    if (st)
        return st;
    st = rnn_optimizer_range(opt, params, grads, moments, n, 0, n, run);
    return st ? rnn_i_take_back(opt, bias1, bias2, st) : RNN_OK;
}

/* Tensor by tensor, since vectors (biases) do not decay, as in most recipes;
 * the step is counted once. opt->weight_decay says what each does meanwhile,
 * and is put back. If a range is refused it is the first, for a reason that is
 * the same for all, so a step that is taken back has changed nothing. */
RNNDEF rnn_status rnn_optimizer_step(rnn_optimizer *opt, const rnn_net *net,
                                     rnn_work *work)
{
    const rnn_real bias1 = opt ? opt->bias1 : 0, bias2 = opt ? opt->bias2 : 0;
    const rnn_real decay = opt ? opt->weight_decay : 0;
    rnn_tensor t;
    rnn_i_call call;
    rnn_i_arrays_of w;
    size_t n, kept;
    int i;
    rnn_status st = rnn_i_enter(net, work, &call);

    if (!st)
        st = rnn_i_check_optimizer(opt, call.why);
    if (st)
        return st;
    if (!net->most.train)
        return rnn_i_no_training(call.why);
    n = net->sizes.params;
    kept = rnn_i_kept_moments(opt);
    if (work->moments_len < kept * n)
        return kept > (size_t)net->most.moments
                   ? RNN_I_NO(call.why, RNN_E_BUFFER, "moments",
                              "the plan has # arrays of @, this optimiser "
                              "keeps #",
                              net->most.moments, kept)
                   : RNN_I_NO_ROOM(call.why, "moments", work->moments_len,
                                   kept * n);
    if (!work->i.grads)
        return RNN_I_NO(call.why, RNN_E_ORDER, "grads",
                        "@ are not new: no rnn_backward since the last step", 0,
                        0);
    st = rnn_i_check_array(call.why, "grads", work->grads, work->grads_len, n);
    if (st)
        return st;
    st = rnn_i_begin_step(opt, call.why);
    if (st)
        return st;
    w.params = work->params;
    w.moments = work->moments;
    w.grads = work->grads;
#ifdef RNN_CHECK /* all of them, before any parameter changes */
    st = rnn_i_check_learnt(opt, &w, n, 0, n, call.why);
#endif
    for (i = 0; !st && rnn_model_tensor(&net->model, i, &t, NULL) == RNN_OK;
         i++) {
        opt->weight_decay = t.cols ? decay : 0;
        st = rnn_i_run_range(opt, &w, n, t.offset, t.size, work->run, call.why);
    }
    work->i.grads = st != RNN_OK;
#ifdef RNN_CHECK
    work->i.spent = st ? 0 : rnn_i_hash_grads(work);
#endif
    opt->weight_decay = decay;
    return st ? rnn_i_take_back(opt, bias1, bias2, st) : RNN_OK;
}

/* [SCHEDULES]
 *
 * A learning rate is a function of the step alone, so nothing is kept from call
 * to call and a run that resumes goes on as it was. Reduction on a plateau is
 * the exception: it keeps the best metric and two counts.
 *
 *     warm-up       lr = base (t + 1) / warmup          t < warmup; then with
 *                                                       t counted from there
 *     constant      lr = base
 *     step          lr = base gamma^(t / every), rounded down
 *     exponential   lr = base gamma^t
 *     cosine        lr = least + (base - least) (1 + cos(pi t / every)) / 2,
 *                   and least from t = every on
 */

/* x^n by squaring */
RNN_I_FN rnn_real rnn_i_power(rnn_real x, uint32_t n)
{
    rnn_real r = 1;

    for (; n; n >>= 1) {
        if (n & 1u)
            r = rnn_i_mul(r, x);
        x = rnn_i_mul(x, x);
    }
    return r;
}

/* (1 + cos(pi x)) / 2 for x in [0, 1], by Taylor's series of sin(pi y / 2) at
 * y = 1 - x: it is (1 + s) / 2 with s = sin(pi (1/2 - x)). */
RNN_I_FN rnn_real rnn_i_half_cosine(rnn_real x)
{
    const rnn_real a = rnn_i_mul((rnn_real)3.14159265358979323846,
                                 rnn_i_sub((rnn_real)0.5, x));
    const rnn_real z = rnn_i_mul(a, a);
    rnn_real s = 1, y;
    int k;

    for (k = 16; k >= 2; k -= 2) /* 1 - z/(2 3) (1 - z/(4 5) (...)) */
        s = rnn_i_sub(1, rnn_i_mul(rnn_i_div(z, (rnn_real)(k * (k + 1))), s));
    y = rnn_i_mul((rnn_real)0.5, rnn_i_add(1, rnn_i_mul(a, s)));
    return y > 0 ? y : 0; /* near x = 1 it may have been rounded below */
}

/* A rate that is never 0 by mistake, and no option that the kind does not read:
 * who sets gamma for a cosine expects something of it. */
RNN_I_COLD rnn_status rnn_i_check_schedule(const rnn_schedule *s, rnn_why *why)
{
    int counts, decays, kind;
    rnn_status st = rnn_i_there(why, "schedule", s);

    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "kind", (int)s->kind, 0,
                      RNN_SCHEDULES - 1);
    if (!st)
        st = rnn_i_is_rate(why, "base", s->base);
    if (!st)
        st = rnn_i_is_rate(why, "gamma", s->gamma);
    if (!st)
        st = rnn_i_is_rate(why, "least", s->least);
    if (st)
        return st;
    kind = (int)s->kind;
    counts = kind == RNN_SCHEDULE_STEP || kind == RNN_SCHEDULE_COSINE;
    decays = kind == RNN_SCHEDULE_STEP || kind == RNN_SCHEDULE_EXPONENTIAL;
    if (counts && !s->every)
        return RNN_I_NO(why, RNN_E_ARG, "every", "@ is 0: kind # needs it",
                        kind, 0);
    if (decays && !(s->gamma > 0))
        return RNN_I_NO(why, RNN_E_ARG, "gamma", "@ is 0: kind # needs it",
                        kind, 0);
    st = rnn_i_unread(why, !counts && s->every, "every", kind);
    if (!st)
        st = rnn_i_unread(why, s->gamma != 0 && !decays, "gamma", kind);
    return st ? st
              : rnn_i_unread(why, s->least != 0 && kind != RNN_SCHEDULE_COSINE,
                             "least", kind);
}

/* warmup: base (t + 1) / warmup. Then with t from 0: step base gamma^(t /
 * every); exponential base gamma^t; cosine least + (base - least) (1 + cos(pi t
 * / every)) / 2, and least from `every` on. */
RNNDEF rnn_status rnn_schedule_lr(const rnn_schedule *schedule, uint32_t t,
                                  rnn_real *lr, rnn_why *why)
{
    const rnn_schedule *s = schedule;
    rnn_real f;
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_check_schedule(s, why);
    if (!st)
        st = rnn_i_there(why, "lr", lr);
    if (st)
        return st;
    *lr = s->base;
    if (t < s->warmup) {
        *lr = rnn_i_mul(s->base,
                        rnn_i_div((rnn_real)(t + 1u), (rnn_real)s->warmup));
        return RNN_OK;
    }
    t -= s->warmup;
    switch (s->kind) {
    case RNN_SCHEDULE_STEP:
        *lr = rnn_i_mul(s->base, rnn_i_power(s->gamma, t / s->every));
        break;
    case RNN_SCHEDULE_EXPONENTIAL:
        *lr = rnn_i_mul(s->base, rnn_i_power(s->gamma, t));
        break;
    case RNN_SCHEDULE_COSINE:
        f = t < s->every
                ? rnn_i_half_cosine(rnn_i_div((rnn_real)t, (rnn_real)s->every))
                : 0;
        *lr = rnn_i_add(s->least, rnn_i_mul(rnn_i_sub(s->base, s->least), f));
        break;
    default: break;
    }
    return RNN_OK;
}

/* Options of PyTorch's ReduceLROnPlateau without its modes, and the state. */
RNN_I_COLD rnn_status rnn_i_check_plateau(const rnn_plateau *p, rnn_why *why)
{
    rnn_status st = rnn_i_there(why, "plateau", p);

    if (!st)
        st = rnn_i_in_real(why, "factor", p->factor, 0, 1, 0);
    if (!st)
        st = rnn_i_in_real(why, "threshold", p->threshold, 0, 1, 0);
    if (!st)
        st = rnn_i_is_rate(why, "least", p->least);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "patience", p->patience, 0, INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "cooldown", p->cooldown, 0, INT_MAX);
    /* its state, which a program may have read from a file */
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "calls", p->calls, 0, 1);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "bad", p->bad, 0, INT_MAX - 1);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "cool", p->cool, 0, INT_MAX);
    if (!st && p->calls && p->best != p->best)
        st = RNN_I_NO(why, RNN_E_NOT_FINITE, "best", "@ is NaN", 0, 0);
    return st;
}

/* As ReduceLROnPlateau of PyTorch in mode min with a relative threshold: after
 * more than `patience` calls without a better metric lr is multiplied by
 * factor, and calls of the cooldown do not count. */
RNNDEF rnn_status rnn_plateau_step(rnn_plateau *plateau, rnn_real metric,
                                   rnn_real *lr, rnn_why *why)
{
    rnn_plateau *p = plateau;
    rnn_real factor, threshold, better, next;
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_check_plateau(p, why);
    if (!st)
        st = lr ? rnn_i_is_rate(why, "lr", *lr) : RNN_I_NO_NULL(why, "lr");
    if (st)
        return st;
    factor = p->factor > 0 ? p->factor : (rnn_real)0.1;
    threshold = p->threshold > 0 ? p->threshold : (rnn_real)1e-4;
    if (p->calls == 0)
        p->best = RNN_I_ENDLESS; /* so that a first NaN is not the best */
    better = p->best < 0 ? rnn_i_add(1, threshold) : rnn_i_sub(1, threshold);
    if (metric < rnn_i_mul(p->best, better)) {
        p->best = metric;
        p->bad = 0;
    } else {
        p->bad++;
    }
    p->calls = 1;
    if (p->cool > 0) {
        p->cool--;
        p->bad = 0;
    }
    if (p->bad > p->patience) {
        next = rnn_i_mul(*lr, factor);
        next = next > p->least ? next : p->least;
        if (rnn_i_sub(*lr, next) > (rnn_real)1e-8)
            *lr = next;
        p->cool = p->cooldown;
        p->bad = 0;
    }
    return RNN_OK;
}

/* ============================================================================
 * [SAMPLE]
 *
 * A token is drawn with p_i = e^((x_i - max) / temperature) / sum, after
 *
 *     top_k     only the k greatest are left
 *     top_p     of these the fewest that have at least top_p of their sum
 *
 * Both come to a least logit and how many that equal it are taken, so that
 * logits which are alike do not all stay in. One random number decides: the
 * first token at which the running sum exceeds u times the whole.
 * ========================================================================= */

/* The arguments of both calls that make a token of logits. */
RNN_I_FN rnn_status rnn_i_open_logits(const rnn_real *logits, int outputs,
                                      const int *id, rnn_why *why)
{
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_there(why, "logits", logits);
    if (!st)
        st = rnn_i_there(why, "id", id);
    return st ? st : rnn_i_in(why, RNN_E_SIZE, "outputs", outputs, 1, INT_MAX);
}

/* The first of the greatest; a NaN anywhere is a status. */
RNNDEF rnn_status rnn_greedy(const rnn_real *logits, int outputs, int *id,
                             rnn_why *why)
{
    const rnn_status st = rnn_i_open_logits(logits, outputs, id, why);

    return st ? st : rnn_i_likeliest(logits, outputs, id, why);
}

/* x[first] sinks to its place among the n of a heap with the least on top. */
RNN_I_FN void rnn_i_sink(rnn_real *x, int first, int n)
{
    int child;
    rnn_real v = x[first];

    for (; (child = 2 * first + 1) < n; first = child) {
        if (child + 1 < n && x[child + 1] < x[child])
            child++;
        if (!(x[child] < v))
            break;
        x[first] = x[child];
    }
    x[first] = v;
}

/* n numbers in descending order, by a heap: n log n, no recursion */
RNN_I_FN void rnn_i_sort(rnn_real *x, int n)
{
    int i;
    rnn_real v;

    for (i = n / 2 - 1; i >= 0; i--)
        rnn_i_sink(x, i, n);
    for (i = n - 1; i > 0; i--) {
        v = x[0];
        x[0] = x[i];
        x[i] = v;
        rnn_i_sink(x, 0, i);
    }
}

/* What is kept of logits: those above `least`, and `ties` that equal it. */
typedef struct rnn_i_kept {
    rnn_real least;
    int ties;
} rnn_i_kept;

/* A step of the search below: x[first .. end) with what is above p first, then
 * what equals it. Returns how many are above; *equal. */
RNN_I_FN int rnn_i_split(rnn_real *x, int first, int end, rnn_real p,
                         int *equal)
{
    int above = first, same = 0, i;

    for (i = first; i < end; i++) {
        const rnn_real v = x[i];
        if (v < p) /* most */
            continue;
        x[i] = x[above + same];
        x[above + same] = v;
        if (v > p) {
            x[above + same] = x[above];
            x[above++] = v;
        } else {
            same++;
        }
    }
    *equal = same;
    return above - first;
}

/* Where the numbers of x[first .. end), sorted, differ from the first. */
RNN_I_FN int rnn_i_alike(const rnn_real *x, int first, int end)
{
    int i = first + 1;

    while (i < end && x[i] == x[first])
        i++;
    return i;
}

/* One of three in the middle of x[first .. end). */
RNN_I_FN rnn_real rnn_i_middle(const rnn_real *x, int first, int end)
{
    const rnn_real p = x[first + (end - first) / 2];
    const rnn_real q = x[first], r = x[end - 1];

    return (p < q) == (q < r) ? q : (p < r) == (r < q) ? r : p;
}

/* What a logit is against the others: e^((x - max) factor). */
typedef struct rnn_i_odds {
    rnn_i_set k;
    rnn_real max, factor;
} rnn_i_odds;

RNN_I_FN rnn_real rnn_i_odds_sum(const rnn_i_odds *s, int n, const rnn_real *x)
{
    return RNN_I_DO(s->k, exp_sum, (size_t)n, s->max, s->factor, x, NULL);
}

/* The `count` greatest of n logits, or of these the fewest whose odds reach
 * `mass`, if that is finite. What is kept comes first in x. By parts around a
 * pivot, as quicksort, of which only the one that holds the border goes on;
 * should that not shrink, the rest is sorted and taken in order. Odds are added
 * part by part, so their sum depends on nothing but x. */
RNN_I_FN rnn_i_kept rnn_i_greatest(const rnn_i_odds *s, rnn_real *x, int n,
                                   int count, rnn_real mass)
{
    const int masses = rnn_i_finite(mass);
    rnn_i_kept kept = {0, 0};
    rnn_real all = 0, sum = 0, one = 0;
    int first = 0, end = n, rounds = 64, above, equal, next;

    while (first < end && first < count && all < mass) {
        if (!rounds--)
            rnn_i_sort(x + first, end - first);
        kept.least = rounds < 0 ? x[first] : rnn_i_middle(x, first, end);
        next = rounds < 0 ? rnn_i_alike(x, first, end) : end;
        above = rnn_i_split(x, first, next, kept.least, &equal);
        if (masses)
            sum = rnn_i_add(all, rnn_i_odds_sum(s, above, x + first));
        if (above && (first + above >= count || sum >= mass)) {
            end = first + above;
            continue;
        }
        first += above;
        all = sum;
        if (masses)
            one = rnn_i_odds_sum(s, 1, &kept.least);
        for (kept.ties = 0; kept.ties < equal && first < count && all < mass;
             kept.ties++, first++)
            all = rnn_i_add(all, one);
    }
    return kept;
}

/* top_k and top_p, of logits in `work`, which loses their order. */
RNN_I_FN rnn_i_kept rnn_i_cut(const rnn_i_odds *s, rnn_real *work, int outputs,
                              const rnn_sampling *how)
{
    const int few = how->top_k > 0 && how->top_k < outputs;
    const int keep = few ? how->top_k : outputs;
    rnn_i_kept kept = {0, 0};

    if (few)
        kept = rnn_i_greatest(s, work, outputs, keep, RNN_I_ENDLESS);
    if (how->top_p > 0 && how->top_p < 1)
        kept = rnn_i_greatest(
            s, work, keep, keep,
            rnn_i_mul(how->top_p, rnn_i_odds_sum(s, keep, work)));
    return kept;
}

/* Ranges of a sampling; NaN is in none. */
RNN_I_FN rnn_status rnn_i_check_sampling(const rnn_sampling *how,
                                         const rnn_rng *rng, rnn_why *why)
{
    rnn_status st = !how   ? RNN_I_NO_NULL(why, "sampling")
                    : !rng ? RNN_I_NO_NULL(why, "rng, or rngs,")
                           : RNN_OK;
    if (!st)
        st = rnn_i_in_real(why, "temperature", how->temperature, 0,
                           RNN_I_ENDLESS, 0);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "top_k", how->top_k, 0, INT_MAX);
    if (!st)
        st = rnn_i_in_real(why, "top_p", how->top_p, 0, 1, 1);
    if (!st && how->temperature <= 0 &&
        (how->top_k || (how->top_p > 0 && how->top_p < 1)))
        st = RNN_I_NO(why, RNN_E_ARG, how->top_k ? "top_k" : "top_p",
                      "@ is set, but temperature is 0, which takes the "
                      "likeliest: set one, 1 for instance",
                      0, 0);
    return st;
}

/* u sum_i e_i falls into the interval of the token that is drawn; e_i =
 * e^((x_i - max) / temperature) is computed twice rather than stored. */
RNN_I_FN rnn_status rnn_i_draw(const rnn_real *logits, int outputs,
                               const rnn_sampling *how, rnn_rng *rng,
                               rnn_real *work, int *id, rnn_why *why)
{
    rnn_real chunk[16], sum = 0, at = 0, factor, max;
    rnn_i_set k = rnn_i_select(RNN_KERNEL_AUTO);
    rnn_i_kept kept = {0, 0};
    int best, pass, i, j, n, cut, left;
    rnn_status st = rnn_i_check_sampling(how, rng, why);

    if (!st)
        st = rnn_i_likeliest(logits, outputs, &best, why);
    if (st)
        return st;
    cut = (how->top_k > 0 && how->top_k < outputs) ||
          (how->top_p > 0 && how->top_p < 1);
    if (cut && !work)
        return RNN_I_NO_NULL(why, "work");
    *id = best;
    max = logits[best];
    if (how->temperature <= 0 || !rnn_i_finite(max))
        return RNN_OK;
    factor = rnn_i_div(1, how->temperature);
    if (!rnn_i_finite(factor))
        return RNN_OK;
    if (cut) {
        const rnn_i_odds s = {k, max, factor};
        rnn_i_copy(work, logits, (size_t)outputs);
        kept = rnn_i_cut(&s, work, outputs, how);
    }
    for (pass = 0; pass < 2; pass++) {
        if (pass) {
            at = rnn_i_mul(rnn_uniform(rng), sum);
            sum = 0;
        }
        left = kept.ties;
        for (i = 0; i < outputs; i += n) {
            n = outputs - i < 16 ? outputs - i : 16;
            RNN_I_DO(k, exp_sum, (size_t)n, max, factor, logits + i, chunk);
            for (j = 0; j < n; j++) {
                if (cut && !(logits[i + j] > kept.least) &&
                    (logits[i + j] < kept.least || left-- <= 0))
                    continue;
                sum = rnn_i_add(sum, chunk[j]);
                if (pass && at < sum) {
                    *id = i + j;
                    return RNN_OK;
                }
            }
        }
    }
    return RNN_OK; /* rounding can leave u at the end: the greatest */
}

RNNDEF rnn_status rnn_sample(const rnn_real *logits, int outputs,
                             const rnn_sampling *how, rnn_rng *rng,
                             rnn_real *work, int *id, rnn_why *why)
{
    const rnn_status st = rnn_i_open_logits(logits, outputs, id, why);

    return st ? st : rnn_i_draw(logits, outputs, how, rng, work, id, why);
}

/* ============================================================================
 * [DECODE]  one step at a time: streams, and decoders after their sources
 *
 * What encode leaves belongs to the B rows of the sources; a step has rows of
 * its own, each of which names its source's. So the arrays of the memory are
 * laid out for the one, all others for the other.
 *
 *     rnn_encode   source -> memory, keys, c; h, c of the start to the caller
 *     rnn_step     h, c of the caller's rows -> h, c, logits
 *
 *     row          0    1    2    3       hypotheses of a step
 *     from         0    0    1    1       rows of the sources
 *
 * A step's chain is that of a whole pass, on functions for one step (those with
 * _step_ in their names): there are no slots, states go from h to h in place,
 * and z is the only array between them. With packed weights it reads strips.
 * ========================================================================= */

/* What it is called with. */
RNN_I_FN rnn_status rnn_i_check_encode(const rnn_net *net, const rnn_i_model *m,
                                       const rnn_seq *source, const rnn_real *h,
                                       const rnn_real *c)
{
    rnn_status st =
        m->decoder
            ? rnn_i_check_state(m, h, c, m->why)
            : RNN_I_NO(m->why, RNN_E_ARG, "model",
                       "@ has no decoder: there is nothing to encode for", 0,
                       0);

    if (!st)
        st = rnn_i_there(m->why, "source", source);
    if (!st)
        st = rnn_i_check_sources(net, m, source, source->batch);
    return st ? st
              : rnn_i_long(m->why, "each of h, c", source->state_len,
                           rnn_i_states_of(m, &m->top, (size_t)source->batch));
}

/* The front half of an N vs M pass on arrays of its own: what steps read of the
 * sources goes to memory, which lives on; the rest is scratch. The start goes
 * to the caller's h and c.
 *
 * rnn_i_start_forward looks at o->seq for h0, c0 and fresh, and a call without
 * a target has none: for its time o->seq is a sequence without them. What a
 * step must know of the sources is in o->rows, o->seen and o->seen_lengths,
 * where no pass writes; o->source is each one's. keep, logits and o->out stay
 * as they are, so a model may encode between forward and backward. */
RNNDEF rnn_status rnn_encode(const rnn_net *net, rnn_work *work,
                             const rnn_seq *source, rnn_real *h, rnn_real *c)
{
    rnn_i_open *o;
    rnn_i_model *m;
    rnn_i_pass pass;
    rnn_i_call call;
    rnn_seq seq;
    size_t n;
    int S[RNN_MAX_SOURCES], i, room;
    rnn_status st = rnn_i_enter(net, work, &call);

    if (st)
        return st;
    o = &work->i;
    m = &o->m;
    st = rnn_i_check_encode(net, m, source, h, c);
    if (!st)
        st = rnn_i_packed(net, work, &room);
    if (st)
        return st;
    for (i = 0; i < m->sources; i++)
        S[i] = source[i].steps;
    st = rnn_i_hand_out(net, work, RNN_I_ENCODING, 1, (size_t)source->batch, S);
    if (st)
        return st;
    m->packed = room;
    rnn_i_lend(m, &call);
    rnn_i_flat(&seq, source->batch);
    o->seq = &seq;
    o->own = 0;
    o->rows = source->batch;
#ifdef RNN_CHECK
    o->encoded = rnn_i_hash_weights(work);
#endif
    for (i = 0; i < m->sources; i++) {
        rnn_i_open_source(o, i, &source[i]);
        o->seen[i] = S[i];
        o->seen_lengths[i] = source[i].lengths;
        o->seen_hash[i] = rnn_i_hash_lengths(&source[i]);
        if (!m->given)
            rnn_i_have(&m->source[i].side.y, 0, room);
        if (m->attention)
            rnn_i_connect_look(o, i, work->weights, &o->inner, NULL);
    }
    rnn_i_set_pass(&pass, work, NULL);
    if (m->windows)
        rnn_i_windows_forward(&call, &pass);
    else
        rnn_i_run_blocks(&call, &pass, RNN_I_ENCODERS | RNN_I_START,
                         rnn_i_run_forward);
    o->seq = NULL;
    n = m->top.y.L * m->top.y.state;
    rnn_i_copy(h, m->top.h0, n);
    if (m->top.y.C)
        rnn_i_copy(c, m->top.c0, n);
    return RNN_OK;
}

/* One step: the states h and c (L, rows, H), which it updates in place, and
 * what it reads. It lives for one public call; generate and beams go through
 * many steps with one, and before each rnn_i_connect_step says what it reads.
 * head: the parts that the head reads, `heads` of them. */
typedef struct rnn_i_tick {
    rnn_i_open *o;
    const rnn_real *params;
    rnn_seq one;                /* the caller's x or ids                      */
    const unsigned char *fresh;
    const int *from;            /* each row's source, or NULL: its number     */
    rnn_real *h, *c, *logits;
    rnn_i_part head[RNN_I_PARTS];
    int heads;
} rnn_i_tick;

/* The checks of steps of so many rows, and their arrays. Only stacks of one
 * direction have steps. `from` is looked at here, once: every entry must stay
 * in range in all steps that follow.
 *
 * o->source is set to what rnn_encode has seen, as a pass may have run since;
 * rnn_i_attend reads steps and lengths there. The memory itself is where it
 * was. logits will be those of rows: o->out says that no loss can take them. */
RNN_I_FN rnn_status rnn_i_open_step(const rnn_net *net, rnn_work *work,
                                    int rows, const int *from, rnn_real *h,
                                    rnn_real *c, rnn_i_call *call,
                                    rnn_i_tick *turn)
{
    rnn_i_open *o = &work->i;
    rnn_i_model *m = &o->m;
    rnn_why *why = &work->why;
    int b, i, room;
    rnn_status st = rnn_i_check_state(m, h, c, why);

    if (!st && m->top.y.D != 1)
        st = RNN_I_NO(why, RNN_E_ARG, "bidirectional",
                      "a model with @ = 1 has no steps: it reads the end first",
                      0, 0);
    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "rows", rows, 1, net->most.rows);
    if (!st && m->decoder && !o->rows)
        st = RNN_I_NO(why, RNN_E_ORDER, "memory",
                      "@ is empty: rnn_encode comes before a decoder's steps",
                      0, 0);
    if (!st && m->decoder && !from && rows != o->rows)
        st = RNN_I_NO(why, RNN_E_ARG, "from",
                      "@ is NULL, and there are # rows, but # sources", rows,
                      o->rows);
#ifdef RNN_CHECK
    if (!st && m->decoder && o->encoded != rnn_i_hash_weights(work))
        st = RNN_I_NO(why, RNN_E_ORDER, "params",
                      "@ have changed since rnn_encode", 0, 0);
#endif
    for (b = 0; !st && m->decoder && from && b < rows; b++)
        st = rnn_i_in(why, RNN_E_ARG, "from", from[b], 0, o->rows - 1);
    if (!st)
        st = rnn_i_check_array(why, "logits", work->logits, work->logits_len,
                               (size_t)rows * m->Y);
    if (!st)
        st = rnn_i_packed(net, work, &room);
    if (st)
        return st;
    for (i = 0; i < m->sources; i++) {
        rnn_seq *s = &o->source[i];
        s->steps = o->seen[i];
        s->batch = o->rows;
        s->lengths = o->seen_lengths[i];
        if (s->lengths && rnn_i_hash_lengths(s) != o->seen_hash[i])
            return RNN_I_NO(why, RNN_E_ORDER, "lengths",
                            "@ of source # have changed since rnn_encode", i,
                            0);
    }
    rnn_i_flat(&turn->one, rows);
    turn->o = o;
    turn->params = work->weights;
    turn->fresh = NULL;
    turn->from = from;
    turn->h = h;
    turn->c = c;
    turn->logits = work->logits;
    rnn_i_have(&m->top.y, 0, room);
    st = rnn_i_hand_out(net, work, RNN_I_STEPPING, 1, (size_t)rows, o->seen);
    rnn_i_lend(m, call);
    return st;
}

/* The parts that step t reads; turn->one has its x or ids. */
RNN_I_FN void rnn_i_connect_step(rnn_i_tick *turn, int t, rnn_real *attn)
{
    rnn_i_model *m = &turn->o->m;
    rnn_i_lay *y = &m->top.y;
    rnn_i_part *in = y->in, *head = turn->head;
    rnn_real *top = turn->h + (y->L - 1) * y->state;
    int i, n = 0, heads = 1;

    rnn_i_set_part(head, top, y->H, NULL);
    if (m->top.input != RNN_I_NOTHING)
        rnn_i_set_part(&in[n++], m->top.E ? m->top.x : turn->one.x,
                       m->top.reads, NULL);
    if (m->feed & (RNN_FEED_FIRST | RNN_FEED_EACH)) {
        rnn_i_set_part(&in[n], m->fed, m->C, NULL);
        in[n++].when = !(m->feed & RNN_FEED_FIRST) ? RNN_I_ALWAYS
                       : t                         ? RNN_I_NEVER
                                                   : RNN_I_FIRST;
    }
    if (m->Z && !m->attention)
        rnn_i_set_part(&head[heads++], m->fed, m->C, NULL);
    for (i = 0; i < m->sources && m->attention; i++) {
        rnn_i_look *k = &m->source[i].look;
        rnn_i_connect_look(turn->o, i, turn->params, &turn->one, turn->from);
        rnn_i_set_part(&k->s, top, y->H, NULL);
        if (attn) {
            k->attn = attn;
            attn += m->B * m->source[i].S;
            turn->o->pass = RNN_I_NO_PASS; /* attn is the caller's now */
        }
        rnn_i_set_part(&in[n++], k->context, k->a.K, NULL);
        if (m->Z)
            rnn_i_set_part(&head[heads++], k->context, k->a.K, NULL);
    }
    y->ins = n;
    turn->heads = heads;
}

/* logits = c + [what the head reads] V of one step: the chain of
 * rnn_i_head_forward, bias first, then part after part. */
RNN_I_FN void rnn_i_step_head(const rnn_i_call *call, const rnn_i_model *m,
                              const rnn_i_tick *turn)
{
    const rnn_i_matrix v =
        rnn_i_matrix_at(turn->params + m->head, m->W + m->Z, m->O);
    rnn_i_columns y = rnn_i_result(turn->logits, m->O, v.w + v.in * m->O);
    size_t first, end, row = 0;
    rnn_i_product p;
    int i;

    rnn_i_share(call, m->B, &first, &end);
    rnn_i_blank(call, &p);
    p.m = end - first;
    for (i = 0; i < turn->heads && p.m; row += turn->head[i].width, i++) {
        rnn_i_step_product(call, &p, first, &turn->head[i], &v, row, &y, 0);
        y.start = RNN_I_FROM_C;
    }
}

/* Rows [first, end) that start afresh: zeros in the caller's h and c, of all
 * layers, before attention or a layer reads them. */
RNN_I_FN void rnn_i_refresh(const rnn_i_lay *y, const rnn_i_tick *turn,
                            size_t first, size_t end)
{
    size_t b, l;

    for (b = first; turn->fresh && b < end; b++)
        for (l = 0; turn->fresh[b] && l < y->L; l++) {
            rnn_i_copy(turn->h + l * y->state + b * y->H, NULL, y->H);
            if (y->C)
                rnn_i_copy(turn->c + l * y->state + b * y->H, NULL, y->H);
        }
}

/* What a step of a model without a head gives: rnn_i_join of one step, whose
 * rows all count. */
RNN_I_INLINE void rnn_i_step_states(const rnn_i_tick *turn, size_t width,
                                    size_t first, size_t end)
{
    size_t b;
    int i;

    for (b = first; b < end; b++) {
        rnn_real *to = turn->logits + b * width;
        for (i = 0; i < turn->heads; i++) {
            const rnn_i_part *part = &turn->head[i];
            rnn_i_copy(to, part->x + b * part->row, part->width);
            to += part->width;
        }
    }
}

/* Fresh states, x = table[id], c, attention, layers, head: of a share. */
RNN_I_FN void rnn_i_run_step(const rnn_i_call *call, void *arg)
{
    const rnn_i_tick *turn = (const rnn_i_tick *)arg;
    const rnn_i_model *m = &turn->o->m;
    const rnn_i_lay *y = &m->top.y;
    size_t first, end, b;
    int i;

    rnn_i_share(call, m->B, &first, &end);
    rnn_i_refresh(y, turn, first, end);
    rnn_i_embed(call, &m->top, &turn->one, turn->params);
    for (b = first; m->C && b < end; b++) /* c of each row is its source's */
        rnn_i_copy(m->fed + b * m->C,
                   m->c + (turn->from ? (size_t)turn->from[b] : b) * m->C,
                   m->C);
    for (i = 0; i < m->sources && m->attention; i++)
        rnn_i_attend(call, &m->source[i].look, NULL);
    rnn_i_stack_step(call, y, turn->params + m->top.rnn, &turn->one, turn->h,
                     turn->c, y->z, 0);
    if (m->O)
        rnn_i_step_head(call, m, turn);
    else
        rnn_i_step_states(turn, m->Y, first, end);
}

/* How many weights of attention a step gives out. */
RNN_I_FN size_t rnn_i_weights_of(const rnn_i_model *m)
{
    size_t n = 0;
    int i;

    for (i = 0; i < m->sources && m->attention; i++)
        n += m->B * m->source[i].S;
    return n;
}

/* Where those of so many steps go. */
RNN_I_FN rnn_status rnn_i_check_attn(const rnn_i_model *m, const rnn_real *attn,
                                     size_t len, size_t steps, rnn_why *why)
{
    return attn ? rnn_i_long(why, "attn", len,
                             rnn_i_times(steps, rnn_i_weights_of(m)))
                : RNN_OK;
}

/* The lengths of a step's arrays. */
RNN_I_FN rnn_status rnn_i_check_row(const rnn_i_model *m, const rnn_row *row,
                                    rnn_why *why)
{
    const rnn_i_lay *y = &m->top.y; /* of one direction */
    rnn_status st =
        rnn_i_long(why, "each of h, c", row->state_len, y->L * y->state);

    if (!st && m->top.input == RNN_INPUT_DENSE)
        st = rnn_i_long(why, "x", row->x_len, m->B * m->top.I);
    return st ? st : rnn_i_check_attn(m, row->attn, row->attn_len, 1, why);
}

/* Nothing is written before all is looked at, so a refused step has not been
 * made. logits are of no pass from then on: a loss or backward finds that out.
 */
RNN_I_FLAT
RNNDEF rnn_status rnn_step(const rnn_net *net, rnn_work *work,
                           const rnn_row *row, rnn_real *h, rnn_real *c)
{
    rnn_i_tick turn;
    rnn_i_call call;
    int ids;
    rnn_status st = rnn_i_enter(net, work, &call);

    if (st)
        return st;
    if (!row)
        return RNN_I_NO_NULL(call.why, "row");
    st = rnn_i_in(call.why, RNN_E_ARG, "row.t", row->t, 0, INT_MAX);
    if (st)
        return st;
    st = rnn_i_open_step(net, work, row->rows ? row->rows : net->most.rows,
                         row->from, h, c, &call, &turn);
    if (st)
        return st;
    turn.one.x = work->i.m.top.input == RNN_INPUT_DENSE ? row->x : NULL;
    turn.one.ids = row->ids;
    turn.fresh = row->fresh;
    ids = rnn_i_wants(&work->i.m.top);
    st = rnn_i_check_shape(&turn.one, ids, call.why);
    if (!st)
        st = rnn_i_check_row(&work->i.m, row, call.why);
    if (!st)
        st = rnn_i_check_ids(&turn.one, ids, "ids", call.why);
#ifdef RNN_CHECK
    if (!st) /* x of a row that has ended may be anything */
        st = rnn_i_check_params(work->weights, work->i.m.params, call.why);
#endif
    if (st)
        return st;
    work->i.out = RNN_I_NO_PASS;
    rnn_i_connect_step(&turn, row->t, row->attn);
    rnn_i_each_row(&call, work->i.m.B, rnn_i_run_step, &turn);
    return RNN_OK;
}

/* ---- writing ------------------------------------------------------------- */

/* Whether a model writes tokens, and whether these fit its vocabulary: what it
 * gives out it must be able to read. sources: rows that rnn_encode has read. */
RNN_I_FN rnn_status rnn_i_check_writing(const rnn_i_model *m, int sources,
                                        const rnn_writing *how, rnn_why *why)
{
    const int tokens = m->top.input == RNN_INPUT_ONE_HOT ||
                       m->top.input == RNN_INPUT_EMBEDDING;
    const ptrdiff_t O = (ptrdiff_t)m->O;
    rnn_status st = how ? rnn_i_in(why, RNN_E_ARG, "min_tokens",
                                   how->min_tokens, 0, INT_MAX)
                        : RNN_I_NO_NULL(why, "how");

    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "max_tokens", how->max_tokens,
                      how->min_tokens, INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "rows", how->rows, 0, INT_MAX);
    if (!st && sources && how->rows && how->rows != sources)
        st = RNN_I_NO(why, RNN_E_ARG, "rows",
                      "@ is #, and a decoder has those of its sources, #",
                      how->rows, sources);
    if (!st && (!m->O || m->n_to_1 ||
                !(tokens || (m->decoder && m->top.input == RNN_I_NOTHING))))
        st = RNN_I_NO(why, RNN_E_ARG, "model",
                      "@ writes no tokens: N vs 1, without a head, or it reads "
                      "numbers",
                      0, 0);
    if (!st)
        st = rnn_i_in(why, RNN_E_ID, "end", how->end, INT_MIN, O - 1);
    if (!st)
        st = rnn_i_in_real(why, "length_power", how->length_power, 0,
                           RNN_I_ENDLESS, 0);
    if (!st && how->end >= 0 && how->min_tokens && m->O == 1)
        st = RNN_I_NO(why, RNN_E_ARG, "min_tokens",
                      "@ is #, but end is the only token", how->min_tokens, 0);
    if (!st && tokens)
        st = rnn_i_in(why, RNN_E_ID, "begin", how->begin, 0,
                      (ptrdiff_t)m->top.I - 1);
    if (!st && tokens && m->O > m->top.I)
        st = RNN_I_NO(why, RNN_E_ID, "model",
                      "@ gives out # tokens, and reads #", m->O, m->top.I);
    return st;
}

/* The lengths of its arrays, for `rows` of them that write `best` sequences
 * each. */
RNN_I_FN rnn_status rnn_i_check_written(const rnn_i_model *m,
                                        const rnn_writing *how, size_t rows,
                                        size_t best, rnn_why *why)
{
    const size_t n = rnn_i_times(rows, best);
    rnn_status st = rnn_i_long(why, "each of h, c", how->state_len,
                               rnn_i_states_of(m, &m->top, rows));

    if (!st)
        st = rnn_i_long(why, "ids", how->ids_len,
                        rnn_i_times(n, (size_t)how->max_tokens));
    return st ? st : rnn_i_long(why, "counts", how->counts_len, n);
}

/* The token of each row after step t, into ids + t*B, from its logits; a row
 * that has ended keeps its last token. *left counts the others.
 *
 * ids + t*B is also what step t + 1 reads, so it holds tokens that the model
 * can read; an `end` that was taken is not written. Behind a row's count stands
 * its last token again, or `begin`. A forbidden `end` becomes -infinity in the
 * logits themselves, which no one reads behind this. A row draws from a
 * generator of its own, so what it writes does not depend on the rows beside
 * it. */
RNN_I_FN rnn_status rnn_i_take_tokens(const rnn_writing *how, int t,
                                      const rnn_i_model *m, rnn_real *logits,
                                      int *ids, int *counts, int *left)
{
    const size_t B = m->B;
    int *to = ids + (size_t)t * B, id;
    const int *old = t ? to - B : NULL;
    size_t b;
    rnn_status st;

    for (b = 0; b < B; b++) {
        rnn_real *x = logits + b * m->O;
        const int last = old ? old[b] : how->begin;
        if (counts[b] >= 0) {
            to[b] = last;
            continue;
        }
        if (how->end >= 0 && t < how->min_tokens)
            x[how->end] = rnn_i_sub(0, rnn_i_from_bits(RNN_I_INFINITY));
        st = how->sampling ? rnn_i_draw(x, (int)m->O, how->sampling,
                                        how->rngs + b, m->sorted, &id, m->why)
                           : rnn_i_likeliest(x, (int)m->O, &id, m->why);
        if (st)
            return st;
        to[b] = id;
        if (id == how->end) {
            counts[b] = t;
            to[b] = last;
            --*left;
        }
    }
    return RNN_OK;
}

/* Rows go on together until each has ended or the tokens are used up; a row
 * that has ended takes part and is not looked at. counts are -1 while a row
 * goes on.
 *
 * Step 0 reads `begin` from the first row of ids, where its own tokens go
 * afterwards. No step checks its ids: begin has been checked, and what the
 * model gives out it can read. A step that fails is number t - 1 behind the
 * loop, and so many tokens all rows have. */
RNNDEF rnn_status rnn_generate(const rnn_net *net, rnn_work *work,
                               const rnn_writing *how, rnn_real *h, rnn_real *c,
                               int *ids, int *counts, rnn_real *attn)
{
    rnn_i_tick turn;
    rnn_i_call call;
    rnn_i_model *m;
    size_t B, b, weights;
    int t, left;
    rnn_status st = rnn_i_enter(net, work, &call);

    if (st)
        return st;
    m = &work->i.m;
    st = rnn_i_check_writing(m, work->i.rows, how, call.why);
    if (!st && how->sampling)
        st = rnn_i_check_sampling(how->sampling, how->rngs, call.why);
    if (!st && (!ids || !counts))
        st = RNN_I_NO_NULL(call.why, ids ? "counts" : "ids");
    if (!st)
        st = rnn_i_open_step(
            net, work,
            m->decoder && work->i.rows ? work->i.rows : rnn_i_or_one(how->rows),
            NULL, h, c, &call, &turn);
    if (st)
        return st;
    B = m->B;
    weights = rnn_i_weights_of(m);
    st = rnn_i_check_written(m, how, B, 1, call.why);
    if (!st)
        st = rnn_i_check_attn(m, attn, how->attn_len, (size_t)how->max_tokens,
                              call.why);
    if (st)
        return st;
    work->i.out = RNN_I_NO_PASS;
    for (b = 0; b < B; b++) {
        counts[b] = -1;
        if (how->max_tokens)
            ids[b] = how->begin;
    }
    left = (int)B;
    for (t = 0; !st && t < how->max_tokens && left; t++) {
        turn.one.ids = t ? ids + (size_t)(t - 1) * B : ids;
        rnn_i_connect_step(&turn, t, attn ? attn + (size_t)t * weights : NULL);
        rnn_i_each_row(&call, work->i.m.B, rnn_i_run_step, &turn);
        st = rnn_i_take_tokens(how, t, m, work->logits, ids, counts, &left);
    }
    for (b = 0; b < B; b++)
        if (counts[b] < 0)
            counts[b] = st ? t - 1 : how->max_tokens;
    return st;
}

/* ============================================================================
 * [BEAM]
 *
 * Of each source `width` hypotheses at most, those that ended among them. At
 * every step the likeliest extensions of the live ones take the free places; an
 * extension by `end` has ended:
 *
 *     log p(y_1 .. y_t) = log p(y_1 .. y_(t-1)) + x_v - log sum_i e^(x_i)
 *
 * Rows are a grid of B * width, row b * width + k being hypothesis k of source
 * b; the live ones of a source come first. What moves takes its state and its
 * tokens along, into a second set of arrays that then takes the first one's
 * place; the memory stays where it is.
 * ========================================================================= */

/* As rnn_i_take, of ints. */
RNN_I_FN int *rnn_i_take_ints(int *base, size_t *n, size_t count)
{
    int *p = base ? base + *n : NULL;

    *n = rnn_i_plus(*n, count);
    return p;
}

/* The arrays of a search, behind the n numbers of a step; NULL: counts. What
 * they take, the step's n among it, is left in a->work and a->ints. */
RNN_I_COLD void rnn_i_beam_arrays(rnn_i_beam *a, size_t B, rnn_real *scratch,
                                  size_t n, int *ints)
{
    const size_t state = rnn_i_times3(a->L, a->rows, a->H);
    const size_t path = rnn_i_times(a->rows, a->max);
    rnn_i_arena w;

    w.base = scratch;
    w.n = n;
    a->h = rnn_i_take(&w, state);
    a->c = rnn_i_take(&w, state);
    a->h2 = rnn_i_take(&w, state);
    a->c2 = rnn_i_take(&w, state);
    a->p = rnn_i_take(&w, a->rows);
    a->p2 = rnn_i_take(&w, a->rows);
    a->done_p = rnn_i_take(&w, a->rows);
    a->cand = rnn_i_take(&w, a->width);
    n = 0;
    a->ids = rnn_i_take_ints(ints, &n, a->rows);
    a->from = rnn_i_take_ints(ints, &n, a->rows);
    a->tokens = rnn_i_take_ints(ints, &n, path);
    a->tokens2 = rnn_i_take_ints(ints, &n, path);
    a->done = rnn_i_take_ints(ints, &n, path);
    a->done_n = rnn_i_take_ints(ints, &n, a->rows);
    a->live = rnn_i_take_ints(ints, &n, B);
    a->ended = rnn_i_take_ints(ints, &n, B);
    a->ck = rnn_i_take_ints(ints, &n, a->width);
    a->cv = rnn_i_take_ints(ints, &n, a->width);
    a->work = w.n;
    a->ints = n;
}

/* A search by a model on so many rows. */
RNN_I_FN void rnn_i_beam_of(const rnn_i_model *m, size_t rows, size_t width,
                            size_t max, rnn_i_beam *a)
{
    a->rows = rows;
    a->width = width;
    a->max = max;
    a->O = m->O;
    a->H = m->top.y.H;
    a->L = m->top.y.L;
}

/* For a plan: with all rows of one source, which takes most. */
RNN_I_FN size_t rnn_i_beam_count(const rnn_i_model *m, const rnn_most *most,
                                 size_t n, size_t *ints)
{
    rnn_i_beam a;

    *ints = 0;
    if (!m->decoder || !most->tokens)
        return 0;
    rnn_i_beam_of(m, (size_t)most->rows, (size_t)most->rows,
                  (size_t)most->tokens, &a);
    rnn_i_beam_arrays(&a, (size_t)most->batch, NULL, n, NULL);
    *ints = a.ints;
    return a.work;
}

/* log p / n^power, the power by exp(power log n). Without a power p is not
 * touched, so that scores are sums of logarithms to the bit. */
RNN_I_FN rnn_real rnn_i_beam_score(const rnn_i_beam *a, const rnn_i_call *call,
                                   rnn_real p, size_t n)
{
    rnn_real x = (rnn_real)n;

    if (a->d->length_power <= 0 || n == 0)
        return p;
    RNN_I_DO(call->k, map, RNN_FN_LOG, 1, &x, &x);
    x = rnn_i_mul(x, a->d->length_power);
    RNN_I_DO(call->k, map, RNN_FN_EXP, 1, &x, &x);
    return rnn_i_div(p, x);
}

/* One hypothesis with log p and n tokens has ended; n_end counts the end. It
 * holds one of the width places for good, and its score never changes. */
RNN_I_FN void rnn_i_beam_end(const rnn_i_beam *a, const rnn_i_call *call,
                             size_t b, rnn_real p, const int *tokens, size_t n,
                             size_t n_end)
{
    const size_t slot = b * a->width + (size_t)a->ended[b]++;
    size_t i;

    a->done_p[slot] = rnn_i_beam_score(a, call, p, n_end);
    a->done_n[slot] = (int)n;
    for (i = 0; i < n; i++)
        a->done[slot * a->max + i] = tokens[i];
}

/* Extension v of hypothesis k among the n best so far, of at most `room`;
 * returns how many there are then. Of equals the earlier hypothesis comes
 * first, and of one hypothesis the greater logit. */
RNN_I_FN int rnn_i_beam_insert(const rnn_i_beam *a, const rnn_real *x, int n,
                               int room, rnn_real p, int k, int v)
{
    int i, j;

    for (i = n; i > 0; i--)
        if (!(p > a->cand[i - 1] || (p == a->cand[i - 1] && a->ck[i - 1] == k &&
                                     x[v] > x[a->cv[i - 1]])))
            break;
    if (i >= room)
        return n;
    if (n < room)
        n++;
    for (j = n - 1; j > i; j--) {
        a->cand[j] = a->cand[j - 1];
        a->ck[j] = a->ck[j - 1];
        a->cv[j] = a->cv[j - 1];
    }
    a->cand[i] = p;
    a->ck[i] = k;
    a->cv[i] = v;
    return n;
}

/* The likeliest extensions of source b's live hypotheses, as many as there are
 * free places, best first, in cand, ck, cv; returns how many, or -1 if a logit
 * is not a number. */
RNN_I_FN int rnn_i_beam_extend(const rnn_i_beam *a, const rnn_i_call *call,
                               size_t b, int t)
{
    const int room = (int)a->width - a->ended[b];
    int n = 0, k, v;

    for (k = 0; k < a->live[b]; k++) {
        const size_t row = b * a->width + (size_t)k;
        const rnn_real *x = a->logits + row * a->O;
        rnn_real max, sum, lse;

        sum = rnn_i_softmax(call, a->O, x, NULL, &max);
        RNN_I_DO(call->k, map, RNN_FN_LOG, 1, &sum, &sum);
        lse = rnn_i_add(max, sum);
        if (!rnn_i_finite(lse))
            return -1;
        for (v = 0; v < (int)a->O; v++) {
            const rnn_real p = rnn_i_add(a->p[row], rnn_i_sub(x[v], lse));
            if (rnn_i_finite(p) && (v != a->d->end || t >= a->d->min_tokens))
                n = rnn_i_beam_insert(a, x, n, room, p, k, v);
        }
    }
    return n;
}

/* State of row `from` of one set, h and c (L, rows, H), to row `to` of the
 * other. `rows` is that of the set that is read: the caller's has B. */
RNN_I_FN void rnn_i_beam_copy(const rnn_i_beam *a, const rnn_real *h,
                              const rnn_real *c, size_t rows, size_t from,
                              rnn_real *h2, rnn_real *c2, size_t to)
{
    size_t l;

    for (l = 0; l < a->L; l++) {
        rnn_i_copy(h2 + (l * a->rows + to) * a->H, h + (l * rows + from) * a->H,
                   a->H);
        if (c)
            rnn_i_copy(c2 + (l * a->rows + to) * a->H,
                       c + (l * rows + from) * a->H, a->H);
    }
}

/* The n extensions of source b take their places in the second set, or end. */
RNN_I_FN void rnn_i_beam_move(rnn_i_beam *a, const rnn_i_call *call, size_t b,
                              int n, int t, int has_c)
{
    size_t j, steps = (size_t)t;
    int i, next = 0;

    for (i = 0; i < n; i++) {
        const size_t from = b * a->width + (size_t)a->ck[i];
        const size_t to = b * a->width + (size_t)next;
        const int *old = a->tokens + from * a->max;
        int *path = a->tokens2 + to * a->max;

        if (a->cv[i] == a->d->end) {
            rnn_i_beam_end(a, call, b, a->cand[i], old, steps, steps + 1);
            continue;
        }
        for (j = 0; j < steps; j++)
            path[j] = old[j];
        path[steps] = a->ids[to] = a->cv[i];
        a->p2[to] = a->cand[i];
        rnn_i_beam_copy(a, a->h, has_c ? a->c : NULL, a->rows, from, a->h2,
                        a->c2, to);
        next++;
    }
    a->live[b] = next;
    for (i = 0; i < next && t + 1 == a->d->max_tokens; i++) {
        const size_t row = b * a->width + (size_t)i;
        rnn_i_beam_end(a, call, b, a->p2[row], a->tokens2 + row * a->max,
                       steps + 1, steps + 1);
    }
}

/* Step t of source b, whose logits are there, in the second set; below 0 as
 * rnn_i_beam_extend says. */
RNN_I_FN int rnn_i_beam_next(rnn_i_beam *a, const rnn_i_call *call, size_t b,
                             int t, int has_c)
{
    const int n = rnn_i_beam_extend(a, call, b, t);

    if (n >= 0)
        rnn_i_beam_move(a, call, b, n, t, has_c);
    return n;
}

/* The second set takes the first one's place. ids are not doubled: the step has
 * read them when a new one is written. */
RNN_I_FN void rnn_i_beam_swap(rnn_i_beam *a)
{
    rnn_real *h = a->h, *c = a->c, *p = a->p;
    int *tokens = a->tokens;

    a->h = a->h2;
    a->c = a->c2;
    a->p = a->p2;
    a->tokens = a->tokens2;
    a->h2 = h;
    a->c2 = c;
    a->p2 = p;
    a->tokens2 = tokens;
}

/* The best of what ended, best first; of equals the one that ended first. */
RNN_I_FN void rnn_i_beam_best(const rnn_i_beam *a, size_t b, size_t best,
                              int *ids, int *counts, rnn_real *scores)
{
    const size_t n = (size_t)a->ended[b], base = b * a->width;
    size_t r, i, j;

    for (r = 0; r < best; r++) {
        const size_t out = b * best + r;
        size_t pick = n;
        for (i = 0; i < n; i++)
            if (a->done_n[base + i] >= 0 &&
                (pick == n || a->done_p[base + i] > a->done_p[base + pick]))
                pick = i;
        counts[out] = pick < n ? a->done_n[base + pick] : -1;
        if (scores)
            scores[out] = pick < n ? a->done_p[base + pick] : 0;
        if (pick == n)
            continue;
        for (j = 0; j < (size_t)counts[out]; j++)
            ids[out * a->max + j] = a->done[(base + pick) * a->max + j];
        a->done_n[base + pick] = -1;
    }
}

/* All hypotheses of all sources begin alike; one of each is live. */
RNN_I_FN void rnn_i_beam_begin(const rnn_i_beam *a, const rnn_i_call *call,
                               size_t B, const rnn_real *h, const rnn_real *c)
{
    size_t b, row;

    for (row = 0; row < a->rows; row++) {
        b = row / a->width;
        a->from[row] = (int)b;
        a->ids[row] = a->d->begin;
        a->p[row] = 0;
        rnn_i_beam_copy(a, h, c, B, b, a->h, a->c, row);
        rnn_i_beam_copy(a, h, c, B, b, a->h2, a->c2, row);
    }
    for (b = 0; b < B; b++) {
        a->live[b] = a->max > 0;
        a->ended[b] = 0;
        if (a->max == 0)
            rnn_i_beam_end(a, call, b, 0, a->tokens, 0, 0);
    }
}

/* Step, extend, move, swap, until no source has a live hypothesis. */
RNN_I_FN rnn_status rnn_i_beam_run(rnn_i_beam *a, const rnn_i_call *call,
                                   rnn_i_tick *turn, size_t B)
{
    const int has_c = turn->o->m.top.y.C != 0;
    size_t b;
    int t, alive = 1;

    turn->one.ids = a->ids;
    turn->from = a->from;
    for (t = 0; alive && t < a->d->max_tokens; t++) {
        turn->h = a->h;
        turn->c = has_c ? a->c : NULL;
        rnn_i_connect_step(turn, t, NULL);
        rnn_i_each_row(call, turn->o->m.B, rnn_i_run_step, turn);
        alive = 0;
        for (b = 0; b < B; b++) {
            if (rnn_i_beam_next(a, call, b, t, has_c) < 0)
                return RNN_I_NO(
                    call->why, RNN_E_NOT_FINITE, "logits",
                    "@ of step # are NaN, infinite or all -infinity", t, 0);
            alive |= a->live[b];
        }
        rnn_i_beam_swap(a);
    }
    return RNN_OK;
}

/* The checks of a search, its arrays, and those of its steps. Twice, since each
 * needs the other's: the ints first, as rnn_i_open_step looks at `from`, and
 * the numbers when it is known how much of scratch a step takes. */
RNN_I_FN rnn_status rnn_i_open_beam(const rnn_net *net, rnn_work *work,
                                    const rnn_writing *how, rnn_real *h,
                                    rnn_real *c, rnn_i_call *call,
                                    rnn_i_beam *a, rnn_i_tick *turn)
{
    const rnn_i_open *o = &work->i;
    const int B = o->rows;
    rnn_why *why = &work->why;
    rnn_status st =
        o->m.decoder
            ? rnn_i_check_writing(&o->m, B, how, why)
            : RNN_I_NO(why, RNN_E_ARG, "model",
                       "@ has no decoder: beams are for decoders", 0, 0);

    if (!st && !B)
        st = RNN_I_NO(why, RNN_E_ORDER, "memory",
                      "@ is empty: rnn_encode comes before", 0, 0);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "width", how->width, 1, INT_MAX);
    if (!st)
        st = rnn_i_in(why, RNN_E_ARG, "best", how->best, 0, how->width);
    if (!st && !work->ints)
        st = RNN_I_NO_NULL(why, "ints");
    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "width", how->width, 1,
                      net->most.rows / B);
    if (!st)
        st = rnn_i_in(why, RNN_E_SIZE, "max_tokens", how->max_tokens, 0,
                      net->most.tokens);
    if (!st)
        st = rnn_i_check_written(&o->m, how, (size_t)B,
                                 (size_t)rnn_i_or_one(how->best), why);
    if (st)
        return st;
    rnn_i_beam_of(&o->m, (size_t)B * (size_t)how->width, (size_t)how->width,
                  (size_t)how->max_tokens, a);
    rnn_i_beam_arrays(a, (size_t)B, NULL, 0, work->ints);
    if (work->ints_len < a->ints)
        return RNN_I_NO_ROOM(why, "ints", work->ints_len, a->ints);
    /* rnn_i_open_step looks at them; rnn_i_beam_begin sets the same again */
    for (a->ints = 0; a->ints < a->rows; a->ints++)
        a->from[a->ints] = (int)(a->ints / a->width);
    st = rnn_i_open_step(net, work, (int)a->rows, a->from, h, c, call, turn);
    if (st)
        return st;
    rnn_i_beam_arrays(a, (size_t)B, work->scratch, o->taken, work->ints);
    a->d = how;
    a->logits = work->logits;
    if (a->work > work->scratch_len)
        return RNN_I_NO_ROOM(why, "scratch", work->scratch_len, a->work);
    work->i.out = RNN_I_NO_PASS;
    return RNN_OK;
}

/* h and c are read only: the search steps on copies of its own. */
RNNDEF rnn_status rnn_beam_search(const rnn_net *net, rnn_work *work,
                                  const rnn_writing *how, const rnn_real *h,
                                  const rnn_real *c, int *ids, int *counts,
                                  rnn_real *scores)
{
    rnn_i_call call;
    rnn_i_beam a;
    rnn_i_tick turn;
    size_t B, b;
    rnn_status st = rnn_i_enter(net, work, &call);

    if (!st && (!ids || !counts))
        st = RNN_I_NO_NULL(call.why, ids ? "counts" : "ids");
    if (!st)
        st = rnn_i_open_beam(net, work, how, rnn_i_writable(h),
                             rnn_i_writable(c), &call, &a, &turn);
    if (st)
        return st;
    B = (size_t)work->i.rows;
    rnn_i_beam_begin(&a, &call, B, h, work->i.m.top.y.C ? c : NULL);
    st = rnn_i_beam_run(&a, &call, &turn, B);
    for (b = 0; !st && b < B; b++)
        if (!a.ended[b])
            st = RNN_I_NO(call.why, RNN_E_NOT_FINITE, "logits",
                          "@ leave no sequence possible for source #", b, 0);
    if (st)
        return st;
    for (b = 0; b < B; b++)
        rnn_i_beam_best(&a, b, (size_t)rnn_i_or_one(how->best), ids, counts,
                        scores);
    return RNN_OK;
}

/* A search that the compiler folds (RNN_DEFINE_BEAM): one source, whose state
 * (L, H) counts as one layer, so that a row's is in one piece. Functions of
 * their own, so that what they need is not on the stack below a step. */
RNN_I_APART void rnn_i_fixed_begin(rnn_search *s, const rnn_writing *how,
                                   size_t O, size_t state)
{
    rnn_i_beam *a = &s->i;
    rnn_i_call call;

    rnn_i_fix_call(&call);
    a->d = how;
    a->rows = a->width = (size_t)how->width;
    a->max = (size_t)how->max_tokens;
    a->O = O;
    a->H = state;
    a->L = 1;
    a->logits = s->scratch;
    rnn_i_beam_arrays(a, 1, s->scratch, a->rows * O, s->ints);
    rnn_i_beam_begin(a, &call, 1, s->h, s->c);
}

/* Of h or c, which there may not be, a row's. */
RNN_I_INLINE rnn_real *rnn_i_fixed_state(const rnn_search *s, rnn_real *state,
                                         int row)
{
    return state == s->i.c && !s->c ? NULL : state + (size_t)row * s->i.H;
}

/* Behind step t of all live rows; none lives on, and none has ended, where
 * logits are not finite. */
RNN_I_APART void rnn_i_fixed_next(rnn_search *s, int t)
{
    rnn_i_call call;

    rnn_i_fix_call(&call);
    if (rnn_i_beam_next(&s->i, &call, 0, t, s->c != NULL) < 0)
        s->i.live[0] = s->i.ended[0] = 0;
    else if (t + 1 == s->i.d->max_tokens)
        s->i.live[0] = 0;
    rnn_i_beam_swap(&s->i);
}

RNN_I_APART rnn_status rnn_i_fixed_found(const rnn_search *s)
{
    if (!s->i.ended[0])
        return RNN_E_NOT_FINITE;
    rnn_i_beam_best(&s->i, 0, (size_t)rnn_i_or_one(s->i.d->best), s->ids,
                    s->counts, s->scores);
    return RNN_OK;
}

/* ============================================================================
 * [FILES]  safetensors
 *
 *     8 bytes   n, little-endian
 *     n bytes   JSON: { "__metadata__": { "key": "value", ... },
 *                       "name": { "dtype": "F32", "shape": [3, 4],
 *                                 "data_offsets": [begin, end] }, ... }
 *     the rest  tensors, row-major, little-endian; offsets count from here
 *
 * The reader takes this form and no other JSON, so nothing recurses. It keeps
 * no table: a listing parses the header as it goes. Every byte may be hostile:
 * a place is compared with the end before it is read, sums of sizes saturate,
 * and what a name means is compared with its escapes resolved.
 *
 * A model is its tensors and one entry of __metadata__ per field of rnn_model,
 * names for enumerators and numbers for the rest, beside "format": "pt", a
 * version, and the vocabulary in hexadecimal. Fields that say nothing are
 * brought to one form (rnn_i_plain) before two descriptions are compared.
 * ========================================================================= */
#ifndef RNN_NO_FILES

typedef struct rnn_i_json {
    const unsigned char *p;
    size_t n, i;
    const unsigned char *at, *also; /* whose entry is read, and a second name
                                       for a reason, as in the JSON; or NULL */
    size_t at_len, also_len;
    size_t meta, meta_end; /* where __metadata__ has been read  */
    const char *why; /* the first thing that was wrong, or NULL */
    size_t a, b;     /* its numbers                             */
} rnn_i_json;

/* The first reason stays: what follows a fault is nonsense. */
RNN_I_COLD int rnn_i_fail_at(rnn_i_json *j, const char *why, size_t a, size_t b)
{
    if (!j->why) {
        j->why = why;
        j->a = a;
        j->b = b;
    }
    return 0;
}

RNN_I_COLD int rnn_i_fail(rnn_i_json *j, const char *why)
{
    return rnn_i_fail_at(j, why, 0, 0);
}

/* With a second name: "a, b overlap". */
RNN_I_COLD int rnn_i_fail_of(rnn_i_json *j, const unsigned char *also,
                             size_t len, const char *why)
{
    if (!j->why) {
        j->also = also;
        j->also_len = len;
    }
    return rnn_i_fail(j, why);
}

/* JSON's four kinds of white space. */
RNN_I_COLD void rnn_i_space(rnn_i_json *j)
{
    while (j->i < j->n && (j->p[j->i] == ' ' || j->p[j->i] == '\t' ||
                           j->p[j->i] == '\n' || j->p[j->i] == '\r'))
        j->i++;
}

/* Whether c comes next, after white space; takes it. */
RNN_I_COLD int rnn_i_next(rnn_i_json *j, unsigned char c)
{
    rnn_i_space(j);
    if (j->i >= j->n || j->p[j->i] != c)
        return 0;
    j->i++;
    return 1;
}

/* The same of what must come; why it is wrong if it does not. */
RNN_I_COLD int rnn_i_expect(rnn_i_json *j, unsigned char c, const char *why)
{
    return rnn_i_next(j, c) || rnn_i_fail(j, why);
}

/* The value of a hexadecimal digit, or -1. */
RNN_I_COLD int rnn_i_hex(unsigned char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Four of them, as \u has; -1 if they are not there. */
RNN_I_COLD long rnn_i_hex4(const unsigned char *p, size_t n)
{
    long v = 0;
    int i, d;

    for (i = 0; i < 4; i++) {
        d = (size_t)i < n ? rnn_i_hex(p[i]) : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

/* The code point c as UTF-8 in out; returns how many bytes. */
RNN_I_COLD size_t rnn_i_utf8(unsigned long c, unsigned char out[4])
{
    const size_t k = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    size_t i;

    for (i = k; i-- > 1; c >>= 6)
        out[i] = (unsigned char)(0x80 | (c & 0x3f));
    out[0] = (unsigned char)(k == 1 ? c : (0xf00 >> k & 0xff) | c);
    return k;
}

/* An escape at p, which holds a backslash: rnn_i_char of it. */
RNN_I_COLD size_t rnn_i_escape(const unsigned char *p, size_t n,
                               unsigned char out[4], size_t *out_len)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    unsigned long c;
    long u;
    size_t i, used = 6;

    if (n < 2)
        return 0;
    for (i = 0; plain[i]; i++)
        if (p[1] == (unsigned char)plain[i]) {
            out[0] = (unsigned char)meant[i];
            *out_len = 1;
            return 2;
        }
    if (p[1] != 'u' || (u = rnn_i_hex4(p + 2, n - 2)) < 0)
        return 0;
    c = (unsigned long)u;
    if (c >= 0xdc00 && c <= 0xdfff)
        return 0; /* the second half of a pair, alone */
    if (c >= 0xd800 && c <= 0xdbff) {
        if (n < 12 || p[6] != '\\' || p[7] != 'u')
            return 0;
        u = rnn_i_hex4(p + 8, n - 8);
        if (u < 0xdc00 || u > 0xdfff)
            return 0;
        c = 0x10000ul + ((c - 0xd800ul) << 10) + (unsigned long)(u - 0xdc00);
        used = 12;
    }
    *out_len = rnn_i_utf8(c, out);
    return used;
}

/* One character of a string at p[0 .. n): its UTF-8 in out, how many bytes of
 * it in *out_len, and how many of p it took; 0 if it is not valid. */
RNN_I_COLD size_t rnn_i_char(const unsigned char *p, size_t n,
                             unsigned char out[4], size_t *out_len)
{
    size_t k, i;

    if (n == 0)
        return 0;
    if (p[0] == '\\')
        return rnn_i_escape(p, n, out, out_len);
    if (p[0] < 0x20 || p[0] == '"')
        return 0;
    k = p[0] < 0x80   ? 1
        : p[0] < 0xc2 ? 0
        : p[0] < 0xe0 ? 2
        : p[0] < 0xf0 ? 3
        : p[0] < 0xf5 ? 4
                      : 0;
    if (k == 0 || k > n)
        return 0;
    for (i = 1; i < k; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0; /* too long a form, a surrogate, beyond U+10FFFF */
    for (i = 0; i < k; i++)
        out[i] = p[i];
    *out_len = k;
    return k;
}

/* A string: what stands between the quotes. */
RNN_I_COLD int rnn_i_string(rnn_i_json *j, const unsigned char **s, size_t *len)
{
    unsigned char c[4];
    size_t k, used;

    if (!rnn_i_expect(j, '"', "@: a string is missing"))
        return 0;
    *s = j->p + j->i;
    while (j->i < j->n && j->p[j->i] != '"') {
        used = rnn_i_char(j->p + j->i, j->n - j->i, c, &k);
        if (!used)
            return rnn_i_fail(j, "@: a string is not valid JSON or UTF-8");
        j->i += used;
    }
    if (j->i >= j->n)
        return rnn_i_fail(j, "@: a string does not end");
    *len = (size_t)(j->p + j->i - *s);
    j->i++;
    return 1;
}

/* A whole number that fits size_t. */
RNN_I_COLD int rnn_i_count(rnn_i_json *j, size_t *v)
{
    size_t first, d;

    rnn_i_space(j);
    first = j->i;
    *v = 0;
    for (; j->i < j->n && j->p[j->i] >= '0' && j->p[j->i] <= '9'; j->i++) {
        d = (size_t)(j->p[j->i] - '0');
        if (*v > (RNN_I_TOO_MANY - d) / 10)
            return rnn_i_fail(j, "@: a number is too large");
        *v = *v * 10 + d;
    }
    if (j->i == first || (j->i - first > 1 && j->p[first] == '0') ||
        (j->i < j->n &&
         (j->p[j->i] == '.' || j->p[j->i] == 'e' || j->p[j->i] == 'E')))
        return rnn_i_fail(j, "@: a number is not whole, or below 0");
    return 1;
}

/* Whether two strings of JSON mean the same bytes. */
RNN_I_COLD int rnn_i_same(const unsigned char *a, size_t an,
                          const unsigned char *b, size_t bn)
{
    unsigned char ca[4], cb[4];
    size_t ka, kb, ua, ub, i;

    while (an && bn) {
        ua = rnn_i_char(a, an, ca, &ka);
        ub = rnn_i_char(b, bn, cb, &kb);
        if (!ua || !ub || ka != kb)
            return 0;
        for (i = 0; i < ka; i++)
            if (ca[i] != cb[i])
                return 0;
        a += ua;
        an -= ua;
        b += ub;
        bn -= ub;
    }
    return an == bn; /* both 0 */
}

/* strlen, for names that are short. */
RNN_I_COLD size_t rnn_i_length(const char *s)
{
    size_t n = 0;
    while (n < 0x7fff && s[n]) /* the bound keeps it from becoming strlen */
        n++;
    return n;
}

/* Whether a string of JSON means this name, which is plain bytes. */
RNN_I_COLD int rnn_i_is(const unsigned char *a, size_t an, const char *name)
{
    unsigned char c[4];
    size_t k, used, i;

    for (; an; a += used, an -= used) {
        used = rnn_i_char(a, an, c, &k);
        if (!used)
            return 0;
        for (i = 0; i < k; i++)
            if (!*name || (unsigned char)*name++ != c[i])
                return 0;
    }
    return !*name;
}

/* Whether two names are the same bytes. */
RNN_I_COLD int rnn_i_equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

typedef struct rnn_i_dtype {
    const char *name;
    unsigned char bits;
} rnn_i_dtype;

#define RNN_I_ROW(a, name, text, bits) {text, bits},
static const rnn_i_dtype rnn_i_dtypes[] = {RNN_I_DTYPES(RNN_I_ROW, 0)};
#undef RNN_I_ROW

RNNDEF const char *rnn_st_dtype_name(rnn_st_dtype dtype)
{
    const int known = (unsigned)dtype < (unsigned)RNN_ST_DTYPES;

    return known ? rnn_i_dtypes[dtype].name : "?";
}

/* [d, d, ...], and *size, their product; an empty one is a single number. As in
 * the reference, a product that is too large is refused even where a 0 follows.
 */
RNN_I_COLD int rnn_i_shape(rnn_i_json *j, rnn_st_tensor *t, size_t *size)
{
    size_t d;

    t->ndim = 0;
    *size = 1;
    if (!rnn_i_expect(j, '[', "@: shape is not an array"))
        return 0;
    if (rnn_i_next(j, ']'))
        return 1;
    do {
        if (!rnn_i_count(j, &d))
            return 0;
        if (d && *size > RNN_I_TOO_MANY / d)
            return rnn_i_fail(j, "@: shape is too large");
        *size *= d;
        if (t->ndim < RNN_ST_MAX_DIMS)
            t->dims[t->ndim++] = d;
        else
            t->dims[RNN_ST_MAX_DIMS - 1] =
                rnn_i_times(t->dims[RNN_ST_MAX_DIMS - 1], d);
    } while (rnn_i_next(j, ','));
    return rnn_i_expect(j, ']', "@: shape does not end");
}

/* A key of an object, and the colon behind it. */
RNN_I_COLD int rnn_i_key_of(rnn_i_json *j, const unsigned char **key,
                            size_t *len)
{
    return rnn_i_string(j, key, len) &&
           rnn_i_expect(j, ':', "@: a colon is missing");
}

/* A name of RNN_I_DTYPES; others are refused, since the size of their elements
 * is not known. */
RNN_I_COLD int rnn_i_dtype_of(rnn_i_json *j, rnn_st_tensor *t)
{
    const unsigned char *s;
    size_t n;
    int i;

    if (!rnn_i_string(j, &s, &n))
        return 0;
    for (i = 0; i < RNN_ST_DTYPES; i++)
        if (rnn_i_is(s, n, rnn_i_dtypes[i].name)) {
            t->dtype = (rnn_st_dtype)i;
            return 1;
        }
    return rnn_i_fail_of(j, s, n, "@: an unknown dtype");
}

/* [begin, end], counted from the end of the header. */
RNN_I_COLD int rnn_i_offsets(rnn_i_json *j, size_t *begin, size_t *end)
{
    return rnn_i_expect(j, '[', "@: data_offsets is not an array") &&
           rnn_i_count(j, begin) &&
           rnn_i_expect(j, ',', "@: data_offsets needs two numbers") &&
           rnn_i_count(j, end) &&
           rnn_i_expect(j, ']', "@: data_offsets needs two numbers");
}

/* A word of JSON; takes it. */
RNN_I_COLD int rnn_i_word(rnn_i_json *j, const char *word)
{
    size_t n = 0;

    rnn_i_space(j);
    while (word[n] && j->i + n < j->n &&
           j->p[j->i + n] == (unsigned char)word[n])
        n++;
    if (word[n])
        return 0;
    j->i += n;
    return 1;
}

/* Digits, at least one. */
RNN_I_COLD int rnn_i_digits(rnn_i_json *j)
{
    const size_t first = j->i;

    while (j->i < j->n && j->p[j->i] >= '0' && j->p[j->i] <= '9')
        j->i++;
    return j->i > first || rnn_i_fail(j, "@: a number is not valid JSON");
}

/* A number of any kind. */
RNN_I_COLD int rnn_i_skip_number(rnn_i_json *j)
{
    size_t first;

    if (j->i < j->n && j->p[j->i] == '-')
        j->i++;
    first = j->i;
    if (!rnn_i_digits(j))
        return 0;
    if (j->p[first] == '0' && j->i - first > 1)
        return rnn_i_fail(j, "@: a number is not valid JSON");
    if (j->i < j->n && j->p[j->i] == '.') {
        j->i++;
        if (!rnn_i_digits(j))
            return 0;
    }
    if (j->i < j->n && (j->p[j->i] == 'e' || j->p[j->i] == 'E')) {
        j->i++;
        if (j->i < j->n && (j->p[j->i] == '+' || j->p[j->i] == '-'))
            j->i++;
        return rnn_i_digits(j);
    }
    return 1;
}

/* A value that is no array or object. */
RNN_I_COLD int rnn_i_skip_plain(rnn_i_json *j)
{
    const unsigned char *s;
    size_t n;

    rnn_i_space(j);
    if (j->i < j->n && j->p[j->i] == '"')
        return rnn_i_string(j, &s, &n);
    return rnn_i_word(j, "null") || rnn_i_word(j, "true") ||
           rnn_i_word(j, "false") || rnn_i_skip_number(j);
}

/* Any value, passed over. What is open, array or object, is a bit each: nothing
 * recurses, and more than so many are refused, as by the reference. */
RNN_I_COLD int rnn_i_skip(rnn_i_json *j)
{
    enum { RNN_I_DEEPEST = 120 };
    unsigned char objects[RNN_I_DEEPEST / 8 + 1];
    const unsigned char *key;
    size_t n;
    int depth = 0;

    for (;;) {
        const int array = rnn_i_next(j, '[');
        if (array || rnn_i_next(j, '{')) {
            if (depth == RNN_I_DEEPEST)
                return rnn_i_fail(j, "@: a value is nested too deeply");
            objects[depth / 8] =
                (unsigned char)((objects[depth / 8] & ~(1 << depth % 8)) |
                                (array ? 0 : 1 << depth % 8));
            depth++;
            if (!rnn_i_next(j, array ? ']' : '}')) {
                if (!array && !rnn_i_key_of(j, &key, &n))
                    return 0;
                continue;
            }
            depth--;
        } else if (!rnn_i_skip_plain(j)) {
            return 0;
        }
        for (;;) { /* behind a value: the next one, or an end */
            const int object =
                depth && objects[(depth - 1) / 8] >> (depth - 1) % 8 & 1;
            if (!depth)
                return 1;
            if (rnn_i_next(j, ',')) {
                if (object && !rnn_i_key_of(j, &key, &n))
                    return 0;
                break;
            }
            if (!rnn_i_expect(j, object ? '}' : ']', "@: a value does not end"))
                return 0;
            depth--;
        }
    }
}

/* { "dtype": ..., "shape": ..., "data_offsets": ... } in any order */
RNN_I_COLD int rnn_i_tensor_value(rnn_i_json *j, const rnn_st *st,
                                  rnn_st_tensor *t)
{
    const unsigned char *key;
    size_t len, begin = 0, end = 0, size = 1, bits;
    int seen = 0, bit, good;

    if (!rnn_i_expect(j, '{', "@ is not an object"))
        return 0;
    if (rnn_i_next(j, '}'))
        return rnn_i_fail(j, "@ lacks dtype, shape or data_offsets");
    do {
        if (!rnn_i_key_of(j, &key, &len))
            return 0;
        if (rnn_i_is(key, len, "dtype"))
            bit = 1, good = rnn_i_dtype_of(j, t);
        else if (rnn_i_is(key, len, "shape"))
            bit = 2, good = rnn_i_shape(j, t, &size);
        else if (rnn_i_is(key, len, "data_offsets"))
            bit = 4, good = rnn_i_offsets(j, &begin, &end);
        else
            bit = 0, good = rnn_i_skip(j);
        if (!good)
            return 0;
        if (seen & bit)
            return rnn_i_fail(j, "@ has a key twice");
        seen |= bit;
    } while (rnn_i_next(j, ','));
    if (!rnn_i_expect(j, '}', "@ does not end"))
        return 0;
    if (seen != 7)
        return rnn_i_fail(j, "@ lacks dtype, shape or data_offsets");
    if (begin > end)
        return rnn_i_fail_at(j, "@: data_offsets are # and #", begin, end);
    if (end > st->data_len)
        return rnn_i_fail_at(j, "@: data_offsets end at #, the data at #", end,
                             st->data_len);
    t->data = st->data + begin;
    t->size = end - begin;
    /* in eighths, so that no bits are lost: size / 8 * bits, and the rest */
    bits = rnn_i_dtypes[t->dtype].bits;
    if (size % 8 * bits % 8)
        return rnn_i_fail_at(j, "@: # numbers of # bits are no whole bytes",
                             size, bits);
    size = rnn_i_plus(rnn_i_times(size / 8, bits), size % 8 * bits / 8);
    if (size != t->size)
        return rnn_i_fail_at(j, "@ has # bytes, but dtype and shape want #",
                             t->size, size);
    return 1;
}

/* { "key": "value", ... }: the entry at j, or 0 at the end */
RNN_I_COLD int rnn_i_meta_entry(rnn_i_json *j, const unsigned char **key,
                                size_t *key_len, const unsigned char **value,
                                size_t *value_len)
{
    return rnn_i_key_of(j, key, key_len) && rnn_i_string(j, value, value_len);
}

/* Its keys are compared when the file is opened, not at every later pass. */
RNN_I_COLD int rnn_i_meta_value(rnn_i_json *j, int first)
{
    const unsigned char *k, *v, *k2;
    size_t kn, vn, k2n, count = 0;
    rnn_i_json again;

    if (!first && j->i == j->meta) { /* no need to read it again */
        j->i = j->meta_end;
        return 1;
    }
    if (rnn_i_word(j, "null"))
        return 1;
    if (!rnn_i_expect(j, '{', "@ is not an object"))
        return 0;
    if (rnn_i_next(j, '}'))
        return 1;
    do {
        if (++count > RNN_ST_MAX_TENSORS)
            return rnn_i_fail_at(j, "@ has more than # entries",
                                 RNN_ST_MAX_TENSORS, 0);
        if (!rnn_i_meta_entry(j, &k, &kn, &v, &vn))
            return 0;
        for (again = *j; first && rnn_i_next(&again, ',');) {
            if (!rnn_i_meta_entry(&again, &k2, &k2n, &v, &vn))
                break; /* the outer loop will come to it */
            if (rnn_i_same(k, kn, k2, k2n))
                return rnn_i_fail_of(j, k, kn, "@ stands twice");
        }
    } while (rnn_i_next(j, ','));
    return rnn_i_expect(j, '}', "@ does not end");
}

/* The entry at j: a tensor, or __metadata__ (its value from *meta on, else 0).
 * first: nothing has looked at it before. */
RNN_I_COLD int rnn_i_entry(rnn_i_json *j, const rnn_st *st, int first,
                           rnn_st_tensor *t, size_t *meta)
{
    int good;

    j->at = j->also = NULL;
    if (!rnn_i_key_of(j, &t->name, &t->name_len))
        return 0;
    j->at = t->name;
    j->at_len = t->name_len;
    *meta = 0;
    if (!rnn_i_is(t->name, t->name_len, "__metadata__"))
        return rnn_i_tensor_value(j, st, t);
    *meta = j->i;
    good = rnn_i_meta_value(j, first);
    if (good) {
        j->meta = *meta;
        j->meta_end = j->i;
    }
    return good;
}

/* A reader at the beginning of the header. */
RNN_I_COLD void rnn_i_start(const rnn_st *st, rnn_i_json *j)
{
    j->p = st->json;
    j->n = st->json_len;
    j->i = j->meta = j->meta_end = 0;
    j->at = j->also = NULL;
    j->why = NULL;
}

/* Tensor t against all that follow it at j: names differ, bytes do not meet. */
RNN_I_COLD int rnn_i_apart(rnn_i_json *j, const rnn_st *st,
                           const rnn_st_tensor *t)
{
    rnn_i_json rest = *j;
    rnn_st_tensor u;
    const unsigned char *t_end = t->data + t->size, *u_end;
    size_t meta;

    while (rnn_i_next(&rest, ',')) {
        if (!rnn_i_entry(&rest, st, 0, &u, &meta))
            return 1; /* the outer loop will come to it */
        if (meta) {
            j->meta = rest.meta;
            j->meta_end = rest.meta_end;
            continue;
        }
        u_end = u.data + u.size;
        if (rnn_i_same(t->name, t->name_len, u.name, u.name_len))
            return rnn_i_fail(j, "@ stands twice");
        if (t->data < u_end && u.data < t_end)
            return rnn_i_fail_of(j, u.name, u.name_len, "@ overlap");
    }
    return 1;
}

/* A name of a header into `room` bytes and a 0: its end, which says more. */
RNN_I_COLD size_t rnn_i_tail(const unsigned char *s, size_t len, size_t room,
                             char *to)
{
    size_t n = 0, i = 0;

    if (!len) { /* an empty name */
        s = (const unsigned char *)"\"\"";
        len = 2;
    }
    if (len > room) {
        for (i = len - (room - 3); i < len && (s[i] & 0xc0) == 0x80;)
            i++; /* no half of a character */
        to[n++] = '.', to[n++] = '.', to[n++] = '.';
    }
    for (; i < len; i++)
        to[n++] = (char)(s[i] ? s[i] : '?');
    to[n] = 0;
    return n;
}

/* Why a header is refused: the entry, and the second name behind it. */
RNN_I_COLD rnn_status rnn_i_bad_header(const rnn_i_json *j, rnn_why *why)
{
#ifdef RNN_NO_WHY
    (void)j, (void)why;
    return RNN_E_FORMAT;
#else
    const size_t all = sizeof why->name - 1, half = (all - 2) / 2;
    const size_t also = j->also_len ? j->also_len : 2;
    char name[sizeof why->name] = "header";
    size_t n = 0, room = all;

    if (j->at && j->also) /* what the second one leaves, or half */
        room = also < half ? all - 2 - also : half;
    if (j->at)
        n = rnn_i_tail(j->at, j->at_len, room, name);
    if (j->at && j->also) {
        name[n++] = ',';
        name[n++] = ' ';
        (void)rnn_i_tail(j->also, j->also_len, all - n, name + n);
    }
    return RNN_I_NO(why, RNN_E_FORMAT, name, j->why, rnn_i_shown(j->a),
                    rnn_i_shown(j->b));
#endif
}

/* What people have instead. */
RNN_I_COLD const char *rnn_i_looks_like(const unsigned char *p, size_t len)
{
    static const struct {
        const char *begin, *text;
    } kinds[] = {{"PK", ": a zip archive, as torch.save writes"},
                 {"\x80", ": a pickle, as old torch.save writes"},
                 {"<", ": a page of HTML or XML"},
                 {"{", ": text in JSON"},
                 {"GGUF", ": GGUF"},
                 {"\x89HDF", ": HDF5, as Keras writes"},
                 {"version https://git-lfs", ": a pointer of Git LFS"}};
    size_t i, k;

    for (k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (i = 0; kinds[k].begin[i] && i < len; i++)
            if (p[i] != (unsigned char)kinds[k].begin[i])
                break;
        if (!kinds[k].begin[i])
            return kinds[k].text;
    }
    return "";
}

/* Everything is looked at here, once: each entry, names that stand twice,
 * overlaps, holes, what follows. So listings afterwards can only end.
 *
 *     length     8 bytes, and a header that fits the file and the limit
 *     braces     one object; of each entry its three fields, in any order
 *     sizes      offsets are as far apart as dtype and shape say
 *     names      no two alike, after their escapes have been resolved
 *     places     no two overlap, and together they are as long as what follows
 *                the header: so there is no hole either
 *
 * For names and places each entry is compared with those before it, which is
 * why there is a limit to their number. The first fault is the reason. */
RNNDEF rnn_status rnn_st_open(const void *bytes, size_t len, rnn_st *st,
                              rnn_why *why)
{
    const unsigned char *p = (const unsigned char *)bytes;
    rnn_i_json j;
    rnn_st_tensor t;
    size_t n = 0, sum = 0, meta, metas = 0;
    int i, empty;

    rnn_i_forget(why);
    if (!bytes || !st)
        return RNN_I_NO_NULL(why, bytes ? "st" : "bytes");
    for (i = len < 8 ? -1 : 7; i >= 0 && n <= (RNN_I_TOO_MANY >> 8); i--)
        n = n << 8 | p[i];
    if (len < 10 || i >= 0 || n < 2 || p[8] != '{')
        return RNN_I_NO(why, RNN_E_FORMAT, rnn_i_looks_like(p, len),
                        "not a safetensors file@", 0, 0);
    if (n > len - 8)
        return RNN_I_NO(why, RNN_E_FORMAT, "header",
                        "the file's @ has # bytes, but # are there",
                        rnn_i_shown(n), len - 8);
    if (n > RNN_ST_MAX_HEADER)
        return RNN_I_NO(why, RNN_E_FORMAT, "header",
                        "the file's @ has # bytes: # is the most", n,
                        RNN_ST_MAX_HEADER);
    st->json = p + 8;
    st->json_len = n;
    st->data = p + 8 + n;
    st->data_len = len - 8 - n;
    st->tensors = 0;
    rnn_i_start(st, &j);
    (void)rnn_i_next(&j, '{');
    empty = rnn_i_next(&j, '}');
    if (!empty)
        do {
            if (!rnn_i_entry(&j, st, 1, &t, &meta))
                break;
            if (meta) {
                if (metas++)
                    (void)rnn_i_fail(&j, "@ stands twice");
                continue;
            }
            sum = rnn_i_plus(sum, t.size);
            if (++st->tensors > RNN_ST_MAX_TENSORS)
                (void)rnn_i_fail_at(&j, "@ is one too many: # are the most",
                                    RNN_ST_MAX_TENSORS, 0);
            else
                (void)rnn_i_apart(&j, st, &t);
        } while (!j.why && rnn_i_next(&j, ','));
    if (!j.why) /* what follows is the header's own */
        j.at = j.also = NULL;
    if (!j.why && !empty)
        (void)rnn_i_expect(&j, '}', "@ does not end");
    rnn_i_space(&j);
    if (!j.why && j.i < n)
        (void)rnn_i_fail(&j, "@: something follows its end");
    if (!j.why && sum != st->data_len)
        (void)rnn_i_fail_at(&j, "@: its tensors have # bytes, # are there", sum,
                            st->data_len);
    return j.why ? rnn_i_bad_header(&j, why) : RNN_OK;
}

/* Past the brace that opens an object, or the comma between its entries. */
RNN_I_COLD int rnn_i_seek(const rnn_st *st, size_t pos, rnn_i_json *j)
{
    rnn_i_start(st, j);
    if (pos > j->n)
        return 0;
    j->i = pos;
    return rnn_i_next(j, pos ? ',' : '{');
}

/* pos is a place in the header, 0 before the first entry. */
RNNDEF rnn_status rnn_st_next(const rnn_st *st, size_t *pos,
                              rnn_st_tensor *tensor)
{
    rnn_i_json j;
    size_t meta;

    if (!st || !pos || !tensor)
        return RNN_E_ARG;
    do {
        if (!rnn_i_seek(st, *pos, &j) || !rnn_i_entry(&j, st, 0, tensor, &meta))
            return RNN_E_END;
        *pos = j.i;
    } while (meta);
    return RNN_OK;
}

/* By comparing each name: files have tens of tensors, seldom hundreds. */
RNNDEF rnn_status rnn_st_find(const rnn_st *st, const char *name,
                              rnn_st_tensor *tensor)
{
    size_t pos = 0;
    rnn_status r;

    if (!name)
        return RNN_E_ARG;
    while ((r = rnn_st_next(st, &pos, tensor)) == RNN_OK)
        if (rnn_i_is(tensor->name, tensor->name_len, name))
            return RNN_OK;
    return r;
}

/* The same for the entries of __metadata__, whose object must be found first.
 */
RNNDEF rnn_status rnn_st_meta_next(const rnn_st *st, size_t *pos,
                                   const unsigned char **key, size_t *key_len,
                                   const unsigned char **value,
                                   size_t *value_len)
{
    rnn_i_json j;
    rnn_st_tensor t;
    size_t meta = 0;

    if (!st || !pos || !key || !key_len || !value || !value_len)
        return RNN_E_ARG;
    rnn_i_start(st, &j);
    if (*pos == 0) { /* find the object */
        for (; !meta; *pos = j.i)
            if (!rnn_i_seek(st, *pos, &j) ||
                !rnn_i_entry(&j, st, 0, &t, &meta)) {
                *pos = 0;
                return RNN_E_END;
            }
        j.i = meta;
        if (!rnn_i_next(&j, '{') || rnn_i_next(&j, '}')) {
            *pos = 0;
            return RNN_E_END;
        }
    } else if (!rnn_i_seek(st, *pos, &j)) {
        return RNN_E_END;
    }
    if (!rnn_i_meta_entry(&j, key, key_len, value, value_len))
        return RNN_E_END;
    *pos = j.i;
    return RNN_OK;
}

/* Counts without out, and stops at what is no character: rnn_st_open has found
 * that there is none such in a header. */
RNNDEF size_t rnn_st_unescape(const unsigned char *json, size_t len,
                              unsigned char *out, size_t cap)
{
    unsigned char c[4];
    size_t n = 0, k, used, i;

    while (json && len && (used = rnn_i_char(json, len, c, &k)) != 0) {
        for (i = 0; i < k; i++, n++)
            if (out && n < cap)
                out[n] = c[i];
        json += used;
        len -= used;
    }
    return n;
}

/* A walk through all keys: a file has few, and nothing is kept between calls.
 * The length comes out also where the room is too short, to ask again. */
RNNDEF rnn_status rnn_st_meta(const rnn_st *st, const char *key,
                              unsigned char *out, size_t cap, size_t *len)
{
    const unsigned char *k, *v;
    size_t pos = 0, kn, vn;
    rnn_status r;

    if (!key || !len)
        return RNN_E_ARG;
    while ((r = rnn_st_meta_next(st, &pos, &k, &kn, &v, &vn)) == RNN_OK)
        if (rnn_i_is(k, kn, key)) {
            *len = rnn_st_unescape(v, vn, NULL, 0);
            if (out && *len > cap)
                return RNN_E_BUFFER;
            if (out)
                (void)rnn_st_unescape(v, vn, out, cap);
            return RNN_OK;
        }
    return r;
}

/* ---- numbers of a file --------------------------------------------------- */

/* A whole number of n bytes, the least first. */
RNN_I_COLD uint32_t rnn_i_le(const unsigned char *p, int n)
{
    uint32_t v = 0;
    while (n--)
        v = v << 8 | p[n];
    return v;
}

/* The same for float, whatever rnn_real is. */
RNN_I_COLD rnn_real rnn_i_from_f32(uint32_t b)
{
#if defined(__GNUC__)
    float f;
    __builtin_memcpy(&f, &b, sizeof f);
    return (rnn_real)f;
#else
    union {
        uint32_t b;
        float f;
    } u;
    u.b = b;
    return (rnn_real)u.f;
#endif
}

/* The bits of a float. */
RNN_I_COLD uint32_t rnn_i_to_f32(rnn_real x)
{
#if defined(__GNUC__)
    const float f = (float)x;
    uint32_t b;
    __builtin_memcpy(&b, &f, sizeof b);
    return b;
#else
    union {
        uint32_t b;
        float f;
    } u;
    u.f = (float)x;
    return u.b;
#endif
}

/* A double by its bits, to the nearest rnn_real, of two the even one. */
RNN_I_COLD rnn_real rnn_i_from_f64(const unsigned char *p)
{
    const uint32_t high = rnn_i_le(p + 4, 4), low = rnn_i_le(p, 4);
#ifdef RNN_DOUBLE
    return rnn_i_from_bits((rnn_i_bits)high << 32 | low);
#else
    const uint32_t sign = high & 0x80000000u, rest = low << 3;
    const int e = (int)(high >> 20 & 2047u) - 1023, k = e < -126 ? -126 - e : 0;
    uint32_t m = 0x800000u | (high & 0xfffffu) << 3 | low >> 29, lost;

    if (e > 127)
        return rnn_i_from_f32(
            sign | 0x7f800000u |
            (e == 1024 && (high << 12 || low) ? 0x400000u : 0u));
    if (k > 24)
        return rnn_i_from_f32(sign);
    /* what is lost: k bits of m, if it is subnormal, and rest behind them */
    lost = k ? (m << (32 - k)) | (rest != 0) : rest;
    m >>= k;
    if (lost > 0x80000000u || (lost == 0x80000000u && m & 1u))
        m++;
    if (k == 0) /* the leading bit, or a carry, adds to the exponent */
        m += (uint32_t)(e + 126) << 23;
    return rnn_i_from_f32(sign | m);
#endif
}

/* Element i of a tensor that rnn_i_is_real says can be read. */
RNN_I_COLD rnn_real rnn_i_element(const rnn_st_tensor *t, size_t i)
{
    uint32_t b, e, m;

    if (t->dtype == RNN_ST_F32)
        return rnn_i_from_f32(rnn_i_le(t->data + 4 * i, 4));
    if (t->dtype == RNN_ST_F64)
        return rnn_i_from_f64(t->data + 8 * i);
    b = rnn_i_le(t->data + 2 * i, 2);
    if (t->dtype == RNN_ST_BF16)
        return rnn_i_from_f32(b << 16);
    e = b >> 10 & 31u; /* F16 */
    m = (b & 1023u) << 13;
    b = (b & 0x8000u) << 16;
    if (e == 31)
        return rnn_i_from_f32(b | 0x7f800000u | m);
    if (e == 0) { /* 0 or subnormal: make its leading bit the hidden one */
        if (m == 0)
            return rnn_i_from_f32(b);
        for (e = 1; !(m & 0x800000u); e--)
            m <<= 1;
        m &= 0x7fffffu;
    }
    return rnn_i_from_f32(b | (e + 112u) << 23 | m);
}

/* What params can be read from. */
RNN_I_COLD int rnn_i_is_real(rnn_st_dtype dtype)
{
    return dtype == RNN_ST_F32 || dtype == RNN_ST_F64 || dtype == RNN_ST_F16 ||
           dtype == RNN_ST_BF16;
}

/* ---- the description of a model in __metadata__ -------------------------- */

/* Field i of the list, by its name in the struct: an enumeration gets its own
 * type, which C++ wants. */
RNN_I_COLD void rnn_i_set_field(rnn_model *m, int i, int v)
{
#define RNN_I_SET(a, name, type, ...)                                          \
    case RNN_I_FIELD_##name: m->name = (type)v; break;
    switch (i) {
        RNN_I_FIELDS_OF(RNN_I_SET, 0)
    default: break;
    }
#undef RNN_I_SET
}

/* The canonical form of a description: what stands for a default becomes it, so
 * that two that mean the same compare equal; and what version 0.1 wrote into
 * files though nobody reads it, 0. */
RNN_I_COLD rnn_model rnn_i_plain(const rnn_model *model)
{
    const int given = model->wiring == RNN_WIRING_1_TO_N;
    rnn_model m = *model;

    m.num_layers = m.num_layers ? m.num_layers : 1;
    if (m.num_layers < 2 && m.decoder_layers < 2) /* it is between layers */
        m.dropout = 0;
    if (m.wiring < RNN_WIRING_1_TO_N)
        return m;
    m.decoder_hidden_size =
        m.decoder_hidden_size ? m.decoder_hidden_size : m.hidden_size;
    m.decoder_layers = m.decoder_layers ? m.decoder_layers : m.num_layers;
    if (given) { /* one stack alone */
        m.hidden_size = m.decoder_hidden_size;
        m.num_layers = m.decoder_layers;
        m.num_sources = m.num_sources == 1 ? 0 : m.num_sources;
    }
    if (m.hand_over & RNN_HAND_LAYERS)
        m.feed &= ~(unsigned)RNN_FEED_STATE;
    if (!m.feed && !m.attention && !(m.hand_over & RNN_HAND_LAYERS))
        m.feed = RNN_FEED_STATE;
    if (!m.feed && (!m.head_context || m.attention)) /* nothing reads c */
        m.context = RNN_CONTEXT_LAST;
    if (!given && !m.num_sources)
        m.num_sources = 1;
    return m;
}

/* Bytes that are counted even where there is no room. */
typedef struct rnn_i_out {
    unsigned char *p;
    size_t cap, n;
} rnn_i_out;

/* A byte of a file that is written, or only counted. */
RNN_I_COLD void rnn_i_byte(rnn_i_out *o, unsigned char c)
{
    if (o->p && o->n < o->cap)
        o->p[o->n] = c;
    o->n++;
}

RNN_I_COLD void rnn_i_text(rnn_i_out *o, const char *s)
{
    while (*s)
        rnn_i_byte(o, (unsigned char)*s++);
}

/* Decimal digits, the first one first. */
RNN_I_COLD void rnn_i_write_number(rnn_i_out *o, size_t n)
{
    char text[24];
    rnn_i_put_number(text, n);
    rnn_i_text(o, text);
}

/* A probability above 0 with seven digits, which a float gives back exactly
 * from 1e-7 on. */
RNN_I_COLD void rnn_i_write_fraction(rnn_i_out *o, const char *key, rnn_real p)
{
    const uint32_t f = (uint32_t)rnn_i_mul(p, (rnn_real)4294967296.0);
    uint32_t n = (uint32_t)(((uint64_t)f * 10000000u + 0x80000000u) >> 32), d;

    n = n > 9999999u ? 9999999u : n ? n : 1u; /* neither 1 nor none at all */
    rnn_i_text(o, ",\"");
    rnn_i_text(o, key);
    rnn_i_text(o, "\":\"0.");
    for (d = 1000000u; d; d /= 10u)
        rnn_i_byte(o, (unsigned char)('0' + n / d % 10u));
    rnn_i_byte(o, '"');
}

/* All fields by name, enumerations by theirs, so that a file can be read by eye
 * and later versions may number them otherwise. "format" is what other readers
 * look for; "rnn.h" says which of ours wrote it. Of a wiring without a decoder
 * its fields are left out. */
RNN_I_COLD void rnn_i_write_meta(rnn_i_out *o, const rnn_model *model,
                                 const rnn_beside *beside)
{
    static const char digit[] = "0123456789abcdef";
    const unsigned char *vocabulary = beside->vocabulary;
    const size_t len = beside->vocabulary_len;
    rnn_model m = rnn_i_plain(model);
    size_t k;
    int i, v;

    rnn_i_text(o, "\"__metadata__\":{\"format\":\"pt\",\"rnn.h\":\"1\"");
    for (i = 0;
         i < (m.wiring < RNN_WIRING_1_TO_N ? RNN_I_PLAIN_FIELDS : RNN_I_FIELDS);
         i++) {
        rnn_i_text(o, ",\"");
        rnn_i_text(o, rnn_i_fields[i].key);
        rnn_i_text(o, "\":\"");
        v = rnn_i_get_field(&m, i);
        if (rnn_i_fields[i].names)
            rnn_i_text(o, rnn_i_fields[i].names[v]);
        else
            rnn_i_write_number(o, (size_t)v);
        rnn_i_byte(o, '"');
    }
    if (m.dropout > 0)
        rnn_i_write_fraction(o, "dropout", m.dropout);
    if (m.dropout_last > 0)
        rnn_i_write_fraction(o, "dropout_last", m.dropout_last);
    if (vocabulary) { /* as hex: any bytes are valid JSON then */
        rnn_i_text(o, ",\"vocabulary\":\"");
        for (k = 0; k < len; k++) {
            rnn_i_byte(o, (unsigned char)digit[vocabulary[k] >> 4]);
            rnn_i_byte(o, (unsigned char)digit[vocabulary[k] & 15]);
        }
        rnn_i_byte(o, '"');
    }
    rnn_i_byte(o, '}');
}

/* Where element i of a tensor, in PyTorch's order, stands in params. */
RNN_I_COLD size_t rnn_i_stored(const rnn_tensor *t, size_t i)
{
    const size_t cols = t->cols ? (size_t)t->cols : 1;
    return t->offset +
           (t->transposed ? i % cols * (size_t)t->rows + i / cols : i);
}

/* One tensor's entry in the header. */
RNN_I_COLD void rnn_i_write_entry(rnn_i_out *o, const char *name, size_t rows,
                                  size_t cols, size_t *at)
{
    unsigned char c;

    rnn_i_text(o, ",\"");
    for (; (c = (unsigned char)*name) != 0; name++) {
        if (c == '"' || c == '\\')
            rnn_i_byte(o, '\\');
        rnn_i_byte(o, c);
    }
    rnn_i_text(o, "\":{\"dtype\":\"F32\",\"shape\":[");
    rnn_i_write_number(o, rows);
    if (cols) {
        rnn_i_byte(o, ',');
        rnn_i_write_number(o, cols);
    }
    rnn_i_text(o, "],\"data_offsets\":[");
    rnn_i_write_number(o, *at);
    rnn_i_byte(o, ',');
    *at += 4 * rows * (cols ? cols : 1);
    rnn_i_write_number(o, *at);
    rnn_i_text(o, "]}");
}

/* The modules of all models; in a file of a stack alone, names without a dot.
 */
static const char *const rnn_i_modules[] = {
    "rnn.",     "enc.",      "enc2.",    "dec.", "emb.",
    "emb_src.", "emb_src2.", "emb_tgt.", "out.", "bridge.",
    "att.",     "att2.",     NULL};

/* Whether a name is module + something without a dot. */
RNN_I_COLD int rnn_i_in_module(const unsigned char *name, size_t len,
                               const char *module)
{
    const size_t n = rnn_i_length(module);
    size_t i;

    for (i = 0; i < n; i++)
        if (i >= len || name[i] != (unsigned char)module[i])
            return 0;
    for (; i < len; i++)
        if (name[i] == '.')
            return 0;
    return 1;
}

/* Whether a tensor of the caller's can stand beside a model: what is wrong with
 * its name (of n bytes), or NULL. */
RNN_I_COLD const char *rnn_i_bad_name(const unsigned char *name, size_t n,
                                      int bare)
{
    unsigned char c[4];
    size_t used, at, got;
    int k;

    if (!n || name[n])
        return n ? "the name of extra # is too long" : "extra # has no name";
    if (rnn_i_equal((const char *)name, "__metadata__"))
        return "no tensor can have the name @";
    for (at = 0; at < n; at += used) {
        used = name[at] == '"' || name[at] == '\\'
                   ? 1
                   : rnn_i_char(name + at, n - at, c, &got);
        if (!used)
            return "the name of extra # is no UTF-8, or has a control byte";
    }
    for (k = 0; rnn_i_modules[k]; k++)
        if (rnn_i_in_module(name, n, rnn_i_modules[k]))
            return "@ is a name of a model's own";
    return bare && rnn_i_in_module(name, n, "")
               ? "@ is a name of a stack's own: it needs a dot"
               : NULL;
}

/* Whether what goes beside a model can: names that are strings, differ, and
 * belong to no module. */
RNN_I_COLD rnn_status rnn_i_check_beside(const rnn_beside *beside, int bare,
                                         rnn_why *why)
{
    rnn_status st =
        rnn_i_in(why, RNN_E_ARG, "num_extras", beside->num_extras, 0, INT_MAX);
    int i, k;

    if (!st && beside->num_extras)
        st = rnn_i_there(why, "extras", beside->extras);
    if (!st && beside->vocabulary_len)
        st = rnn_i_there(why, "vocabulary", beside->vocabulary);
    for (i = 0; i < beside->num_extras && !st; i++) {
        const rnn_extra *x = &beside->extras[i];
        const char *name = x->name ? x->name : "";
        const char *bad = rnn_i_bad_name((const unsigned char *)name,
                                         rnn_i_length(name), bare);
        if (bad)
            return RNN_I_NO(why, RNN_E_ARG, name, bad, i, 0);
        if (!x->data || x->rows < 1 || x->cols < 0 ||
            !rnn_i_fits(
                rnn_i_times((size_t)x->rows, x->cols ? (size_t)x->cols : 1)))
            return RNN_I_NO(why, RNN_E_ARG, name,
                            x->data ? "@ of # x # cannot be" : "@ has no data",
                            x->rows, x->cols);
        for (k = 0; k < i; k++)
            if (rnn_i_equal(name, beside->extras[k].name))
                return RNN_I_NO(why, RNN_E_ARG, name,
                                "@ is there twice: extras # and #", k, i);
    }
    return st;
}

/* Numbers as bytes. */
RNN_I_COLD void rnn_i_write_f32(rnn_i_out *o, rnn_real x)
{
    const uint32_t bits = rnn_i_to_f32(x);
    int b;

    for (b = 0; b < 4; b++)
        rnn_i_byte(o, (unsigned char)(bits >> 8 * b & 255u));
}

/* The header, but for its length; returns how many bytes of data follow. */
RNN_I_COLD size_t rnn_i_write_header(rnn_i_out *o, const rnn_model *model,
                                     const rnn_beside *beside)
{
    rnn_tensor t;
    size_t at = 0;
    int k;

    for (o->n = 0; o->n < 8;)
        rnn_i_byte(o, 0); /* the length, later */
    rnn_i_byte(o, '{');
    rnn_i_write_meta(o, model, beside);
    for (k = 0; rnn_model_tensor(model, k, &t, NULL) == RNN_OK; k++)
        rnn_i_write_entry(o, t.name, (size_t)t.rows, (size_t)t.cols, &at);
    for (k = 0; k < beside->num_extras; k++)
        rnn_i_write_entry(o, beside->extras[k].name,
                          (size_t)beside->extras[k].rows,
                          (size_t)beside->extras[k].cols, &at);
    rnn_i_byte(o, '}');
    while (o->n % 8)
        rnn_i_byte(o, ' ');
    return at;
}

/* Counted first, without out: nothing is written unless all of it fits. */
RNNDEF rnn_status rnn_save(const rnn_model *model, const rnn_real *params,
                           size_t params_len, const rnn_beside *beside,
                           void *out, size_t cap, size_t *len, rnn_why *why)
{
    static const rnn_beside nothing = {NULL, 0, NULL, 0};
    rnn_i_model m;
    rnn_i_out o;
    rnn_tensor t;
    size_t data, header, i;
    int k;
    rnn_status st;

    rnn_i_forget(why);
    st = rnn_i_model_of(model, &m, why);
    if (!st && (!len || (out && !params)))
        st = RNN_I_NO_NULL(why, len ? "params" : "len");
    beside = beside ? beside : &nothing;
    if (!st)
        st = rnn_i_check_beside(beside, rnn_i_is_bare(&m), why);
    if (st)
        return st;
    o.p = NULL;
    o.cap = 0;
    for (k = 0; k <= RNN_ST_MAX_TENSORS &&
                rnn_model_tensor(model, k, &t, NULL) == RNN_OK;)
        k++;
    if (k > RNN_ST_MAX_TENSORS - beside->num_extras)
        return RNN_I_NO(why, RNN_E_SIZE, "",
                        "more tensors than can be read: # and # extras", k,
                        beside->num_extras);
    data = rnn_i_write_header(&o, model, beside);
    header = o.n - 8;
    *len = rnn_i_plus(o.n, data);
    if (!out)
        return RNN_OK;
    if (params_len < m.params)
        return RNN_I_NO_ROOM(why, "params", params_len, m.params);
    if (*len > cap)
        return RNN_I_NO_ROOM(why, "out", cap, *len);
    o.p = (unsigned char *)out;
    o.cap = cap;
    (void)rnn_i_write_header(&o, model, beside);
    for (k = 0; k < 8 && k < (int)sizeof header; k++)
        o.p[k] = (unsigned char)(header >> 8 * k & 255u);
    for (k = 0; rnn_model_tensor(model, k, &t, NULL) == RNN_OK; k++)
        for (i = 0; i < t.size; i++)
            rnn_i_write_f32(&o, params[rnn_i_stored(&t, i)]);
    for (k = 0; k < beside->num_extras; k++) {
        const rnn_extra *x = &beside->extras[k];
        const size_t n = (size_t)x->rows * (x->cols ? (size_t)x->cols : 1);
        for (i = 0; i < n; i++)
            rnn_i_write_f32(&o, x->data[i]);
    }
    return RNN_OK;
}

/* The value of a key, which must be digits or one of names. */
RNN_I_COLD int rnn_i_read_field(const rnn_st *st, const rnn_i_field *f, int *to)
{
    unsigned char text[24];
    size_t len, i;
    int v = 0;

    if (rnn_st_meta(st, f->key, text, sizeof text, &len) != RNN_OK || !len)
        return 0;
    if (f->names) {
        for (*to = 0; f->names[*to]; ++*to) {
            const char *name = f->names[*to];
            for (i = 0; i < len && (char)text[i] == name[i] && name[i]; i++) {}
            if (i == len && !name[i])
                return 1;
        }
        return 0;
    }
    for (i = 0; i < len; i++) {
        const int d = text[i] - '0';
        if (d < 0 || d > 9 || v > (INT_MAX - d) / 10)
            return 0;
        v = v * 10 + d;
    }
    *to = v;
    return 1;
}

/* 0.ddddddd, as rnn_i_write_fraction has it: seven digits are what a float has,
 * and no function of C's library reads or writes them. 0 if it is anything
 * else. */
RNN_I_COLD int rnn_i_read_fraction(const rnn_st *st, const char *key,
                                   rnn_real *to)
{
    unsigned char text[16];
    size_t len, i;
    unsigned long v = 0;
    const rnn_status r = rnn_st_meta(st, key, text, sizeof text, &len);

    *to = 0;
    if (r == RNN_E_END)
        return 1;
    if (r || len != 9 || text[0] != '0' || text[1] != '.')
        return 0;
    for (i = 2; i < 9; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        v = v * 10 + (unsigned long)(text[i] - '0');
    }
    *to = rnn_i_div((rnn_real)v, (rnn_real)1e7);
    return 1;
}

/* The description of an open file into m; RNN_E_END without one. */
RNN_I_COLD rnn_status rnn_i_description(const rnn_st *st, rnn_model *m,
                                        rnn_why *why)
{
    unsigned char version[2];
    rnn_net net;
    size_t n;
    int i, v;
    rnn_status r = rnn_st_meta(st, "rnn.h", version, sizeof version, &n);

    if (r == RNN_E_END)
        return RNN_I_NO(why, r, "", "the file describes no model", 0, 0);
    for (i = RNN_I_PLAIN_FIELDS; i < RNN_I_FIELDS; i++)
        rnn_i_set_field(m, i, 0);
    if (r || n != 1 || version[0] != '1')
        return RNN_I_NO(
            why, RNN_E_MISMATCH, "rnn.h",
            "the description is of another version than 1: its key is @", 0, 0);
    m->wiring = RNN_WIRING_N_TO_N;
    for (i = 0; i < (m->wiring < RNN_WIRING_1_TO_N ? RNN_I_PLAIN_FIELDS
                                                   : RNN_I_FIELDS);
         i++) {
        if (!rnn_i_read_field(st, &rnn_i_fields[i], &v))
            return RNN_I_NO(why, RNN_E_MISMATCH, rnn_i_fields[i].key,
                            "the description's @ is missing, or no value of it",
                            0, 0);
        rnn_i_set_field(m, i, v);
    }
    v = rnn_i_read_fraction(st, "dropout", &m->dropout);
    if (!v || !rnn_i_read_fraction(st, "dropout_last", &m->dropout_last))
        return RNN_I_NO(why, RNN_E_MISMATCH, v ? "dropout_last" : "dropout",
                        "the description's @ is no probability", 0, 0);
    *m = rnn_i_plain(m);
    if (rnn_plan(&net, m, NULL) == RNN_OK)
        return RNN_OK;
    if (why)
        *why = net.why;
    return rnn_i_as(why, RNN_E_MISMATCH);
}

/* The vocabulary is looked at as a whole before a byte of it is written, and
 * the model last: a refused file leaves both as they were. */
RNNDEF rnn_status rnn_load_description(const void *bytes, size_t len,
                                       rnn_model *model,
                                       unsigned char *vocabulary, size_t cap,
                                       size_t *vocabulary_len, rnn_why *why)
{
    rnn_st st;
    rnn_model m;
    const unsigned char *k, *v;
    size_t pos = 0, kn, vn, n = 0, i;
    rnn_status r;

    rnn_i_forget(why);
    if (!model)
        return RNN_I_NO_NULL(why, "model");
    r = rnn_st_open(bytes, len, &st, why);
    if (!r)
        r = rnn_i_description(&st, &m, why);
    if (r)
        return r;
    while (rnn_st_meta_next(&st, &pos, &k, &kn, &v, &vn) == RNN_OK) {
        if (!rnn_i_is(k, kn, "vocabulary"))
            continue;
        for (i = 0; i < vn; i++)
            if (rnn_i_hex(v[i]) < 0)
                break;
        if (i < vn || vn % 2)
            return RNN_I_NO(why, RNN_E_MISMATCH, "vocabulary",
                            "the file's @ is not in hexadecimal", 0, 0);
        n = vn / 2;
        if (vocabulary && n > cap)
            return RNN_I_NO_ROOM(why, "vocabulary", cap, n);
        for (i = 0; vocabulary && i < n; i++)
            vocabulary[i] = (unsigned char)(rnn_i_hex(v[2 * i]) * 16 +
                                            rnn_i_hex(v[2 * i + 1]));
    }
    *model = m;
    if (vocabulary_len)
        *vocabulary_len = n;
    return RNN_OK;
}

#define RNN_I_NAME_CAP 160 /* of a name in a file, with the 0 behind it */

/* The file's name for one of ours; 0: it is too long. */
RNN_I_COLD int rnn_i_theirs(const rnn_rename *names, const char *ours,
                            char theirs[RNN_I_NAME_CAP])
{
    const char *put = "";
    size_t n = 0, k;

    for (; names && names->ours; names++) {
        for (k = 0; names->ours[k] && names->ours[k] == ours[k];)
            k++;
        if (names->ours[k])
            continue;
        put = names->theirs;
        ours += k;
        break;
    }
    for (; *put && n + 1 < RNN_I_NAME_CAP; put++)
        theirs[n++] = *put;
    for (; *ours && n + 1 < RNN_I_NAME_CAP; ours++)
        theirs[n++] = *ours;
    theirs[n] = 0;
    return !*put && !*ours;
}

/* A tensor whose numbers are not read. */
RNN_I_COLD rnn_status rnn_i_no_dtype(rnn_why *why, const char *name,
                                     const rnn_st_tensor *f)
{
    const rnn_status st =
        RNN_I_NO(why, RNN_E_MISMATCH, name,
                 "@ is %: F64, F32, F16 and BF16 are read", 0, 0);
    (void)name, (void)f;
#ifndef RNN_NO_WHY
    if (why)
        why->of = rnn_st_dtype_name(f->dtype);
#endif
    return st;
}

/* A tensor of the file that has the model's name and not its shape. */
RNN_I_COLD rnn_status rnn_i_no_shape(rnn_why *why, const char *name,
                                     const rnn_st_tensor *f,
                                     const rnn_tensor *t)
{
    const rnn_status st =
        f->ndim == 1 && !t->cols
            ? RNN_I_NO(why, RNN_E_MISMATCH, name,
                       "@: file has #, model wants #", f->dims[0], t->rows)
        : f->ndim == 2 && t->cols
            ? RNN_I_NO(why, RNN_E_MISMATCH, name,
                       "@: file has #x#, model wants #x#", f->dims[0],
                       f->dims[1])
            : RNN_I_NO(why, RNN_E_MISMATCH, name,
                       "@: file has # dimensions, model wants #", f->ndim,
                       t->cols ? 2 : 1);
    (void)name;
#ifndef RNN_NO_WHY
    if (why && f->ndim == 2) {
        why->n[2] = t->rows;
        why->n[3] = t->cols;
    }
#endif
    return st;
}

/* That a tensor of the file may be there: one of a module of models, as names
 * says these are called, must be one of this model's. */
RNN_I_COLD rnn_status rnn_i_check_foreign(const rnn_st_tensor *f,
                                          const rnn_model *model, int bare,
                                          const rnn_rename *names, rnn_why *why)
{
    char name[RNN_I_NAME_CAP];
    rnn_tensor t;
    int k, ours = 0;

    for (k = 0; !ours && rnn_i_modules[k]; k++)
        ours = rnn_i_theirs(names, rnn_i_modules[k], name) &&
               rnn_i_in_module(f->name, f->name_len, name);
    if (!ours && bare)
        ours = rnn_i_theirs(names, "", name) &&
               rnn_i_in_module(f->name, f->name_len, name);
    for (k = 0; ours && rnn_model_tensor(model, k, &t, NULL) == RNN_OK; k++)
        if (rnn_i_theirs(names, t.name, name) &&
            rnn_i_is(f->name, f->name_len, name))
            return RNN_OK;
    if (!ours)
        return RNN_OK;
    k = (int)rnn_st_unescape(f->name, f->name_len, (unsigned char *)name,
                             sizeof name - 1);
    name[k < (int)sizeof name ? k : (int)sizeof name - 1] = 0;
    return RNN_I_NO(why, RNN_E_MISMATCH, name,
                    "the file has @, which the model has not", 0, 0);
}

/* All tensors of a file into the parameters of a model, or none. */
RNN_I_COLD rnn_status rnn_i_load(const rnn_st *st, const rnn_model *model,
                                 rnn_real *params, const rnn_rename *names,
                                 rnn_why *why)
{
    char name[RNN_I_NAME_CAP];
    rnn_tensor t;
    rnn_st_tensor f;
    size_t i;
    int k, pass;

    for (pass = 0; pass < 2; pass++) /* look at all, then write */
        for (k = 0; rnn_model_tensor(model, k, &t, NULL) == RNN_OK; k++) {
            if (!rnn_i_theirs(names, t.name, name))
                return RNN_I_NO(why, RNN_E_ARG, t.name,
                                "@ has a name above # bytes",
                                RNN_I_NAME_CAP - 1, 0);
            if (rnn_st_find(st, name, &f) != RNN_OK)
                return RNN_I_NO(why, RNN_E_MISMATCH, name, "the file has no @",
                                0, 0);
            if (f.ndim != (t.cols ? 2 : 1) || f.dims[0] != (size_t)t.rows ||
                (t.cols && f.dims[1] != (size_t)t.cols))
                return rnn_i_no_shape(why, name, &f, &t);
            if (!rnn_i_is_real(f.dtype))
                return rnn_i_no_dtype(why, name, &f);
            for (i = 0; pass && i < t.size; i++)
                params[rnn_i_stored(&t, i)] = rnn_i_element(&f, i);
        }
    return RNN_OK;
}

/* The file is of a model that differs in a field. */
RNN_I_COLD rnn_status rnn_i_other_model(rnn_why *why, const rnn_i_field *field,
                                        int said, int asked)
{
    const rnn_status r =
        field->names
            ? RNN_I_NO(why, RNN_E_MISMATCH, field->key,
                       "@: the file's model has %, this one does not", 0, 0)
            : RNN_I_NO(why, RNN_E_MISMATCH, field->key,
                       "@: the file's model has #, this one #", said, asked);

#ifndef RNN_NO_WHY
    if (why && field->names)
        why->of = field->names[said];
#else
    (void)said;
    (void)asked;
#endif
    return r;
}

/* That the file has no tensor that the model would need a place for, and that
 * it does not say that it is another model's. */
RNN_I_COLD rnn_status rnn_i_check_file(const rnn_st *st, const rnn_model *model,
                                       const rnn_rename *names, rnn_why *why)
{
    rnn_i_model m;
    rnn_model said, asked;
    rnn_st_tensor f;
    size_t pos = 0;
    int i;
    rnn_status r = rnn_i_description(st, &said, why);

    if (r == RNN_OK) {
        said = rnn_i_plain(&said);
        asked = rnn_i_plain(model);
        for (i = 0; i < RNN_I_FIELDS; i++)
            if (rnn_i_get_field(&said, i) != rnn_i_get_field(&asked, i))
                return rnn_i_other_model(why, &rnn_i_fields[i],
                                         rnn_i_get_field(&said, i),
                                         rnn_i_get_field(&asked, i));
    } else if (r != RNN_E_END) {
        return r;
    }
    rnn_i_forget(why);
    r = rnn_i_model_of(model, &m, why);
    while (!r && rnn_st_next(st, &pos, &f) == RNN_OK)
        r = rnn_i_check_foreign(&f, model, rnn_i_is_bare(&m), names, why);
    return r;
}

/* If the file describes a model, it must be this one; a state_dict does not,
 * and then names and shapes decide. */
RNNDEF rnn_status rnn_load_params(const void *bytes, size_t len,
                                  const rnn_model *model, rnn_real *params,
                                  size_t params_len, const rnn_rename *names,
                                  rnn_why *why)
{
    rnn_st st;
    rnn_i_model m;
    const rnn_rename *n;
    rnn_status r;

    rnn_i_forget(why);
    r = rnn_i_model_of(model, &m, why);
    if (!r && !params)
        r = RNN_I_NO_NULL(why, "params");
    if (!r && params_len < m.params)
        r = RNN_I_NO_ROOM(why, "params", params_len, m.params);
    for (n = names; !r && n && n->ours; n++)
        if (!n->theirs)
            r = RNN_I_NO(why, RNN_E_ARG, n->ours,
                         "@ has no name in the file: theirs is NULL", 0, 0);
    if (!r)
        r = rnn_st_open(bytes, len, &st, why);
    if (!r)
        r = rnn_i_check_file(&st, model, names, why);
    return r ? r : rnn_i_load(&st, model, params, names, why);
}

/* One that belongs to the caller: no layout, so its numbers come in the order
 * in which they stand in the file. */
RNNDEF rnn_status rnn_load_tensor(const rnn_st *st, const char *name,
                                  rnn_real *to, size_t n, rnn_why *why)
{
    rnn_st_tensor f;
    size_t i, size = 1;
    rnn_status r;

    rnn_i_forget(why);
    if (!st || !name || !to)
        return RNN_I_NO_NULL(why, st ? name ? "to" : "name" : "st");
    r = rnn_st_find(st, name, &f);
    if (r)
        return RNN_I_NO(why, r, name, "the file has no @", 0, 0);
    for (i = 0; i < (size_t)f.ndim; i++)
        size *= f.dims[i]; /* the file is as long, so it fits */
    if (!rnn_i_is_real(f.dtype))
        return rnn_i_no_dtype(why, name, &f);
    if (size != n)
        return RNN_I_NO(why, RNN_E_MISMATCH, name,
                        "@: file has # numbers, # are wanted", size, n);
    for (i = 0; i < n; i++)
        to[i] = rnn_i_element(&f, i);
    return RNN_OK;
}

/* [STDIO] */
#if RNN_I_STDIO

/* All of a file, in blocks: so the size is known where a long of ftell is too
 * short. Into out, if it is not NULL, as far as cap. */
RNN_I_COLD int rnn_i_read_all(FILE *file, unsigned char *out, size_t cap,
                              size_t *len)
{
    unsigned char block[512];
    size_t n = 0, k, i;

    while ((k = fread(block, 1, sizeof block, file)) != 0) {
        for (i = 0; out && i < k && n + i < cap; i++)
            out[n + i] = block[i];
        n += k;
    }
    *len = n;
    return !ferror(file);
}

/* Counted first: nothing is written unless all of it fits, and is there. */
RNNDEF rnn_status rnn_read_file(const char *path, void *out, size_t cap,
                                size_t *len, rnn_why *why)
{
    size_t n = 0, again = 0;
    FILE *file;
    int good;

    rnn_i_forget(why);
    if (!path || !len)
        return RNN_I_NO_NULL(why, path ? "len" : "path");
    file = fopen(path, "rb");
    if (!file)
        return RNN_I_NO(why, RNN_E_UNSUPPORTED, path, "@ cannot be opened", 0,
                        0);
    good = rnn_i_read_all(file, NULL, 0, &n);
    if (good && out && n <= cap) {
        rewind(file);
        good =
            rnn_i_read_all(file, (unsigned char *)out, n, &again) && again == n;
    }
    (void)fclose(file);
    if (!good)
        return RNN_I_NO(why, RNN_E_UNSUPPORTED, path,
                        "@ cannot be read, or not twice", 0, 0);
    *len = n;
    return out && n > cap ? RNN_I_NO_ROOM(why, "out", cap, n) : RNN_OK;
}

/* What stands at path: 0 something that no file may replace, 1 nothing, 2 a
 * plain file, whose mode the new one gets. */
#if RNN_I_POSIX
RNN_I_COLD int rnn_i_look_at(const char *path, struct stat *s)
{
#if RNN_I_LSTAT
    if (lstat(path, s) != 0)
        return 1;
#else
    if (stat(path, s) != 0)
        return 1;
#endif
    return S_ISREG(s->st_mode) ? 2 : 0;
}
#else
RNN_I_COLD int rnn_i_look_at(const char *path)
{
    FILE *file = fopen(path, "rb");
    int good;

    if (!file)
        return 1;
    good = fgetc(file) != EOF || !ferror(file); /* a directory cannot be read */
    (void)fclose(file);
    return good ? 2 : 0;
}
#endif

/* A file that was not there before, as no name that somebody has planted, nor
 * another writer's: "x" sees to that. */
RNN_I_COLD FILE *rnn_i_new_file(const char *path, char name[1024])
{
    FILE *file = NULL;
    int i;

    for (i = 0; !file && i < 100; i++) {
        char *end = rnn_i_put(rnn_i_put(name, path), ".tmp");
        if (i)
            (void)rnn_i_put_number(end, (size_t)i);
        file = fopen(name, "wbx");
    }
    return file;
}

/* The new file in the old one's place. Where rename does not replace (Windows),
 * the old one steps aside first, and comes back if that fails. */
RNN_I_COLD int rnn_i_replace(const char *name, const char *path)
{
#ifdef _WIN32
    char old[1024];

    if (rename(name, path) == 0)
        return 1;
    rnn_i_put(rnn_i_put(old, path), ".old");
    (void)remove(old);
    if (rename(path, old) != 0)
        return 0;
    if (rename(name, path) != 0) {
        (void)rename(old, path);
        return 0;
    }
    (void)remove(old);
    return 1;
#else
    return rename(name, path) == 0;
#endif
}

/* Written beside and renamed: whoever reads meanwhile has the old file whole,
 * and so has whoever reads after the program has died. After the machine has,
 * that is the file system's business: stdio has no fsync. */
RNNDEF rnn_status rnn_write_file(const char *path, const void *bytes,
                                 size_t len, rnn_why *why)
{
    char name[1024];
    FILE *file;
    int good, there;
#if RNN_I_POSIX
    struct stat old;
#endif

    rnn_i_forget(why);
    if (!path || !bytes)
        return RNN_I_NO_NULL(why, path ? "bytes" : "path");
    if (rnn_i_length(path) + 8 > sizeof name)
        return RNN_I_NO(why, RNN_E_SIZE, path, "@ is too long a path", 0, 0);
#if RNN_I_POSIX
    there = rnn_i_look_at(path, &old);
#else
    there = rnn_i_look_at(path);
#endif
    file = there ? rnn_i_new_file(path, name) : NULL;
    if (!file)
        return RNN_I_NO(why, RNN_E_UNSUPPORTED, path,
                        there ? "no file can be made beside @"
                              : "@ is there, and is no plain file",
                        0, 0);
    good = 1;
#if RNN_I_POSIX
    if (there == 2) /* before there is anything to read */
        good = chmod(name, old.st_mode & 07777) == 0;
#endif
    good = good && fwrite(bytes, 1, len, file) == len;
    good = fclose(file) == 0 && good;
    good = good && rnn_i_replace(name, path);
    if (!good)
        (void)remove(name);
    return good ? RNN_OK
                : RNN_I_NO(why, RNN_E_UNSUPPORTED, path,
                           "@ cannot be written, and is as it was", 0, 0);
}
#endif /* RNN_I_STDIO */
#endif /* RNN_NO_FILES */

#ifdef __cplusplus
}
#endif

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

#endif /* !RNN_I_PASS */
#endif /* RNN_IMPLEMENTATION */

#if !defined(RNN_I_PASS) &&                                                    \
    (defined(__GNUC__) || defined(__TINYC__) || defined(_MSC_VER))
#pragma pop_macro("A")
#pragma pop_macro("B")
#pragma pop_macro("C")
#pragma pop_macro("D")
#pragma pop_macro("E")
#pragma pop_macro("F")
#pragma pop_macro("G")
#pragma pop_macro("H")
#pragma pop_macro("I")
#pragma pop_macro("J")
#pragma pop_macro("K")
#pragma pop_macro("L")
#pragma pop_macro("M")
#pragma pop_macro("N")
#pragma pop_macro("O")
#pragma pop_macro("P")
#pragma pop_macro("Q")
#pragma pop_macro("R")
#pragma pop_macro("S")
#pragma pop_macro("T")
#pragma pop_macro("U")
#pragma pop_macro("V")
#pragma pop_macro("W")
#pragma pop_macro("X")
#pragma pop_macro("Y")
#pragma pop_macro("Z")
#endif /* the program's own letters */

/* ============================================================================
 * [VERSIONS]
 *
 * Before 1.0 a minor version may change calls and says so here; a patch
 * changes none. Files of every version load, and the two hashes of
 * tests/test_hash.c never change: the same numbers give the same bits.
 *
 * 0.3.0: no call changes; RNN_DEFINE_ENCODE, _DECODE and _BEAM fold decoders
 * with attention for firmware, too. A long cosine no longer ends in a rate of
 * -1e-10, which optimisers refuse; a file of another cell or wiring is refused
 * by its name. With Helium a folded step takes a sixth of the code and half the
 * instructions; AVX2 trains up to 9 % quicker. Beside the header: a page on
 * which networks learn, a program a picture, PyTorch and Keras both ways
 * (torch_io.py), checkpoints in Python (rnn.py), runs that go on to the bit,
 * training over MPI, gradient checks of losses and layers of one's own, make
 * install for pkg-config and CMake.
 *
 * 0.2.0: rnn_plan, rnn_bind, rnn_pack in place of sizes and one work; calls
 * take the plan and the arrays, in one lifetime each, and find wrong orders;
 * backward overwrites gradients unless asked to add; a stack alone is a model
 * without a head; one rnn_step and one rnn_generate for streams and decoders;
 * one hook for threads; rows of a stream can start afresh; RNN_DEFINE_STEP,
 * _FORWARD, _BACKWARD and _STEP_INT8 with rnn_quantize for firmware,
 * RNN_WEIGHT for AVR's flash. Losses take the plan and the sequence, and leave
 * padding out unless asked (rnn_loss); the old ones are ..._rows. Enumerators
 * carry their group (RNN_LSTM is RNN_CELL_LSTM, RNN_AS_STATE is
 * RNN_FEED_STATE), fields have their enumeration's type. Strides: x, tokens
 * and targets may be batch-first. rnn_optimizer_step takes the plan and the
 * work, the old one is rnn_optimizer_step_array; rnn_load is rnn_load_params,
 * rnn_load_model is rnn_load_description. A status that nobody looks at is a
 * warning. New: LSTM with peepholes (RNN_CELL_LSTM_PEEPHOLE), weights in half
 * the bytes (RNN_PACK_BF16), training memory against time (keep_every), one
 * row's products shared by threads, steps from packed weights, static arrays
 * for decoders (RNN_DECODER_...). rnn_layer_view has GRU's gates as r z q n.
 * Refusals say why (rnn_why, in place of const char **why); descriptions that
 * contradict themselves are refused, as are c0, cn for cells without c, a mean
 * over nothing (all lengths 0), a step of an optimiser without new gradients,
 * logits of which none is possible, options that a kind of optimiser or
 * schedule does not have (or a decay without gamma), sources' lengths that
 * change behind rnn_encode, top_k and top_p without a temperature, a loss with
 * other lengths than its pass. Calls without a work or a run take a rnn_why
 * last; arrays of sequences, steps, losses and writing can come with their
 * length, those of a linear block and of attention alone come in a struct with
 * theirs. rnn_embedding_forward, _grads are rnn_linear_forward, _grads on ids
 * with no_bias. rnn_save takes a rnn_beside, rnn_load_params a rnn_rename.
 * ========================================================================= */

/* ============================================================================
 * [LICENSE]  choose either
 *
 * ALTERNATIVE A - MIT License
 *
 * Copyright (c) 2026 the authors of rnn.h
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy
 * of this software and associated documentation files (the "Software"), to deal
 * in the Software without restriction, including without limitation the rights
 * to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
 * copies of the Software, and to permit persons to whom the Software is
 * furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in
 * all copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 * IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 * FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 * AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
 * LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
 * SOFTWARE.
 *
 * ALTERNATIVE B - Public Domain (www.unlicense.org)
 *
 * This is free and unencumbered software released into the public domain.
 *
 * Anyone is free to copy, modify, publish, use, compile, sell, or distribute
 * this software, either in source code form or as a compiled binary, for any
 * purpose, commercial or non-commercial, and by any means.
 *
 * In jurisdictions that recognize copyright laws, the author or authors of this
 * software dedicate any and all copyright interest in the software to the
 * public domain. We make this dedication for the benefit of the public at large
 * and to the detriment of our heirs and successors. We intend this dedication
 * to be an overt act of relinquishment in perpetuity of all present and future
 * rights to this software under copyright law.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 * IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 * FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 * AUTHORS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN
 * ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
 * WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 * ========================================================================= */
