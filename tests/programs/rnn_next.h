/* The calls of rnn.h as they are to be, on paper: what the programs beside this
 * file are checked against (declared, not defined) until rnn.h itself has them.
 * Each step of the redesign moves a part of this page into rnn.h; the last one
 * deletes it. Reasons stand here, contracts stand in rnn.h.
 *
 * rnn.h has by now: rnn_plan, rnn_bind, rnn_pack, forward, infer, backward,
 * step, encode, generate, beam search, the hook, RNN_DEFINE_STEP. Still paper:
 * typed fields and enumerators with their group, rnn_state, strides, losses that
 * know lengths, initialisers and optimisers on a work, rnn_written, rnn_extra.
 *
 *   - One object that says what a network is (rnn_model), one that says where
 *     everything lies (rnn_net), one that holds the caller's arrays (rnn_work).
 *     A call is a verb, those three words, and what is special to it.
 *   - A stack without a head is a model whose output_size is 0; its output is
 *     the last layer's h. So there is no second set of calls for stacks.
 *   - A decoder's step is a step whose rows name their source; writing with a
 *     decoder is writing. So rnn_step and rnn_generate serve every wiring.
 *   - Every array is bound once with its length (rnn_work), or stands beside
 *     its length. What follows from steps and rows of a sequence has none.
 *   - Zero is every field's default; at most eight arguments. */
#ifndef RNN_NEXT_H
#define RNN_NEXT_H

#include <stddef.h>
#include <stdint.h>

typedef float rnn_real;
typedef enum rnn_status { RNN_OK = 0, RNN_E_ARG = -1 /* ... */ } rnn_status;
const char *rnn_status_text(rnn_status status);

#if defined(__GNUC__) /* a status that nobody looks at is a warning */
#define RNN_MUST __attribute__((warn_unused_result))
#else
#define RNN_MUST
#endif

/* ---- what a network is --------------------------------------------------- */

/* Enumerators carry their group, fields their enumeration's type; masks are
 * unsigned. */
typedef enum rnn_wiring { RNN_N_TO_N, RNN_N_TO_1, RNN_1_TO_N, RNN_N_TO_M }
    rnn_wiring;
typedef enum rnn_cell { RNN_CELL_TANH, RNN_CELL_RELU, RNN_CELL_GRU,
                        RNN_CELL_GRU_RESET_BEFORE, RNN_CELL_LSTM } rnn_cell;
typedef enum rnn_input { RNN_INPUT_DENSE, RNN_INPUT_ONE_HOT,
                         RNN_INPUT_EMBEDDING } rnn_input;
typedef enum rnn_context { RNN_CONTEXT_LAST, RNN_CONTEXT_MEAN,
                           RNN_CONTEXT_ALL } rnn_context;
typedef enum rnn_score { RNN_SCORE_NONE, RNN_SCORE_ADDITIVE, RNN_SCORE_GENERAL,
                         RNN_SCORE_DOT, RNN_SCORE_SCALED_DOT } rnn_score;
#define RNN_FEED_STATE 1u /* context -> h_0 of the decoder */
#define RNN_FEED_FIRST 2u
#define RNN_FEED_EACH 4u

typedef struct rnn_model { /* as today's, with typed fields */
    rnn_wiring wiring;
    rnn_cell cell;
    rnn_input input;
    int input_size, embedding_size, hidden_size, num_layers, bidirectional;
    int no_bias, output_size;
    rnn_real dropout, dropout_last;
    rnn_input target;
    int target_size, target_embedding_size, decoder_hidden_size;
    int decoder_layers;
    rnn_context context;
    int source_steps, context_size;
    unsigned feed, hand_over;
    rnn_score attention;
    int attention_size, head_context, num_sources;
} rnn_model;

/* ---- the plan ------------------------------------------------------------ */

/* The most that a plan is for. Calls may use less. */
typedef struct rnn_most {
    int steps, batch;    /* T, B; 0 means 1                                  */
    int source_steps;    /* S of every source                                */
    int rows;            /* of one step: hypotheses, streams; 0 means batch  */
    int tokens;          /* that one call of generate or beam_search writes  */
    int train;           /* 1: forward and backward                          */
    int moments;         /* arrays that an optimiser keeps (Adam 2)          */
    int keep_every;      /* every k-th state is kept, others computed again;
                            0 means 1                                        */
    int packed;          /* form of packed weights; 0: none, 1: float        */
} rnn_most;

/* How many numbers (ints for `ints`) each array of rnn_work holds at most. */
typedef struct rnn_sizes {
    size_t params, packed, grads, moments, logits, state, keep, scratch;
    size_t memory, ints;
    size_t all;          /* everything that rnn_bind places                  */
} rnn_sizes;

typedef struct rnn_net { /* plain data, the caller's; const once made        */
    rnn_model model;
    rnn_most most;
    rnn_sizes sizes;
    size_t place[32];    /* where everything lies: the library's             */
} rnn_net;

/* Checks the description and lays everything out: the only call that does. */
RNN_MUST rnn_status rnn_plan(rnn_net *net, const rnn_model *model,
                             const rnn_most *most);

/* How work is shared: each runs task(arg, i) for all i < n, in any order, on
 * any threads, and returns when all are done. NULL: a loop. Tasks never wait
 * for one another. */
typedef struct rnn_run {
    int kernel, parts;
    void (*each)(void *team, int n, void (*task)(void *arg, int i), void *arg);
    void *team;
} rnn_run;

/* The arrays of one thread, or one training loop. One lifetime each: */
typedef struct rnn_work {
    const rnn_real *weights; /* what calls compute with: params, or an array
                                in flash                                     */
    rnn_real *params;        /* as long as the model                         */
    rnn_real *grads, *moments;
    rnn_real *packed;        /* from rnn_pack until params change            */
    rnn_real *logits;        /* until the next call                          */
    rnn_real *dlogits;       /* may be logits                                */
    rnn_real *keep;          /* from forward to backward                     */
    rnn_real *scratch;       /* dead after every call                        */
    rnn_real *memory;        /* from encode to the last step of a decoder    */
    int *ints;
    size_t weights_len, params_len, grads_len, moments_len, packed_len;
    size_t logits_len, dlogits_len, keep_len, scratch_len, memory_len, ints_len;
    const rnn_run *run;      /* NULL: one thread, the best kernel            */
    const rnn_net *net;      /* from rnn_bind on                             */
} rnn_work;

/* Ties work to a plan: arrays that the caller has set are checked, the others
 * get a place in memory (len numbers, any alignment); stamps begin. */
RNN_MUST rnn_status rnn_bind(const rnn_net *net, rnn_work *work,
                             rnn_real *memory, size_t len);

/* Weights in the order in which kernels read them. infer, step and encode read
 * them where there are any; forward packs by itself. */
RNN_MUST rnn_status rnn_pack(const rnn_net *net, rnn_work *work);

/* Constant expressions, upper bounds over all kernels, all with one order of
 * arguments: #define NET cell, I, E, H, L, D, bias, O */
#define RNN_PARAMS(...) 4096
#define RNN_STATE(...) 64
#define RNN_KEEP(T, B, ...) 4096
#define RNN_SCRATCH(T, B, ...) 4096

/* ---- calls --------------------------------------------------------------- */

typedef struct rnn_state { /* of streams or hypotheses, or its gradient      */
    rnn_real *h, *c;       /* (L*D, rows, H); c NULL unless the cell has one */
    size_t len;            /* of each                                        */
} rnn_state;

/* Row (t, b) of x, of ids and of a loss's targets is number t * step_stride +
 * b * row_stride of theirs; 0, 0 is time-major: B and 1. Batch-first is 1 and
 * T; streams of one text are 1 and how far apart they are, without a copy. */
typedef struct rnn_seq {
    int steps, batch;
    const int *lengths;
    const rnn_real *x;
    const int *ids;
    ptrdiff_t step_stride, row_stride;
    const rnn_state *first;     /* h_0, c_0; NULL: zeros                     */
    rnn_state *last;            /* h_T, c_T; may be first, or NULL           */
    const unsigned char *fresh; /* (B) 1: this row starts from zeros         */
    uint32_t seed[2], first_step, first_row;
    const struct rnn_seq *source;
    const struct rnn_own *own;  /* scheduled sampling                        */
} rnn_seq;

typedef struct rnn_flow { /* NULL: no such gradients, and grads overwritten  */
    const rnn_state *dlast; /* enters: of h_T, c_T                           */
    rnn_state *dfirst;      /* leaves: of h_0, c_0                           */
    rnn_real *dx;           /* leaves                                        */
    const struct rnn_flow *source;
    int accumulate;         /* 1: grads are added to                         */
} rnn_flow;

RNN_MUST rnn_status rnn_forward(const rnn_net *net, rnn_work *work,
                                const rnn_seq *seq);
RNN_MUST rnn_status rnn_infer(const rnn_net *net, rnn_work *work,
                              const rnn_seq *seq);
/* A status if keep does not hold the forward pass of this seq. */
RNN_MUST rnn_status rnn_backward(const rnn_net *net, rnn_work *work,
                                 const rnn_seq *seq, const rnn_flow *flow);

typedef struct rnn_row { /* one step of some rows */
    int rows;
    const rnn_real *x;
    const int *ids;
    const unsigned char *fresh;
    int t;               /* of a decoder: step 0, 1, ...                     */
    const int *from;     /* of a decoder: the source of each row; NULL: its
                            number                                           */
    rnn_real *attn;
    size_t attn_len;
} rnn_row;
RNN_MUST rnn_status rnn_step(const rnn_net *net, rnn_work *work,
                             const rnn_row *row, rnn_state *state);
RNN_MUST rnn_status rnn_encode(const rnn_net *net, rnn_work *work,
                               const rnn_seq *source, rnn_state *state);

/* A loss knows rows and lengths from the plan and seq: padding does not count,
 * and N vs 1 has B rows. `how` NULL: the mean over what is valid. */
typedef struct rnn_loss {
    const rnn_real *weights;       /* of rows                                */
    const rnn_real *class_weights; /* (O), as torch.nn.CrossEntropyLoss      */
    rnn_real n, smoothing;
    int padding;                   /* 1: padding counts too                  */
    rnn_real *values;              /* of rows, out                           */
} rnn_loss;
RNN_MUST rnn_status rnn_cross_entropy(const rnn_net *net, rnn_work *work,
                                      const rnn_seq *seq, const int *targets,
                                      const rnn_loss *how, rnn_real *loss);

/* ---- training ------------------------------------------------------------ */

typedef struct rnn_rng { uint32_t key[2], count[2]; } rnn_rng;
void rnn_rng_seed(rnn_rng *rng, uint32_t seed);
RNN_MUST rnn_status rnn_init_params(const rnn_net *net, rnn_work *work,
                                    rnn_rng *rng);
RNN_MUST rnn_status rnn_init_forget_bias(const rnn_net *net, rnn_work *work,
                                         rnn_real bias);
RNN_MUST rnn_status rnn_clip_grad_norm(rnn_real *grads, size_t n, rnn_real max,
                                       rnn_real *norm, const rnn_run *run);
typedef enum rnn_optimizer_kind { RNN_OPT_SGD, RNN_OPT_ADAM = 4 }
    rnn_optimizer_kind;
typedef struct rnn_optimizer { rnn_optimizer_kind kind; rnn_real lr; }
    rnn_optimizer;
RNN_MUST rnn_status rnn_optimizer_init(rnn_optimizer *opt,
                                       rnn_optimizer_kind kind, rnn_real lr);
RNN_MUST rnn_status rnn_optimizer_step(rnn_optimizer *opt, const rnn_net *net,
                                       rnn_work *work);

/* ---- writing ------------------------------------------------------------- */

typedef struct rnn_sampling {
    rnn_real temperature;
    int top_k;
    rnn_real top_p;
} rnn_sampling;
typedef struct rnn_writing { /* how sequences of tokens are written */
    int begin, end;          /* token before the first; the last, -1: none   */
    int min_tokens, max_tokens;
    const rnn_sampling *sampling; /* NULL: greedy            */
    rnn_rng *rngs;           /* a row each                   */
    int width, best;         /* beams alone                  */
    rnn_real length_power;
} rnn_writing;
typedef struct rnn_written {
    int *ids;                /* (rows or B*best, max_tokens) */
    size_t ids_len;
    int *counts;             /* (rows or B*best)             */
    rnn_real *scores, *attn; /* or NULL                      */
    size_t attn_len;
} rnn_written;
RNN_MUST rnn_status rnn_generate(const rnn_net *net, rnn_work *work,
                                 const rnn_writing *how, rnn_state *state,
                                 rnn_written *out);
RNN_MUST rnn_status rnn_beam_search(const rnn_net *net, rnn_work *work,
                                    const rnn_writing *how,
                                    const rnn_state *state, rnn_written *out);
RNN_MUST rnn_status rnn_greedy(const rnn_real *logits, int outputs, int *id);

/* ---- files --------------------------------------------------------------- */

typedef struct rnn_extra { /* what goes with the weights of a model */
    unsigned char *vocabulary;
    size_t vocabulary_len, vocabulary_cap;
} rnn_extra;
RNN_MUST rnn_status rnn_save(const rnn_model *model, const rnn_real *params,
                             size_t params_len, const rnn_extra *extra,
                             void *out, size_t cap, size_t *len);
RNN_MUST rnn_status rnn_load_description(const void *bytes, size_t len,
                                         rnn_model *model, rnn_extra *extra,
                                         const char **why);
RNN_MUST rnn_status rnn_load_params(const void *bytes, size_t len,
                                    const rnn_model *model, rnn_real *params,
                                    size_t params_len, const char **why);
RNN_MUST rnn_status rnn_read_file(const char *path, void *out, size_t cap,
                                  size_t *len);
RNN_MUST rnn_status rnn_write_file(const char *path, const void *bytes,
                                   size_t len);

/* ---- firmware: a step of a description that the compiler knows ----------- */

/* static void name(const rnn_real *params, const rnn_real *x, rnn_real *h,
 * rnn_real *c, rnn_real *logits): no plan, no status, nothing to go wrong. */
#define RNN_DEFINE_STEP(name, ...)                                             \
    void name(const rnn_real *params, const rnn_real *x, rnn_real *h,          \
              rnn_real *c, rnn_real *logits);

#endif
