/* For check_export.sh: writes NAME.safetensors for each model of kinds.h, with
 * weights by chance, awkward floats among them, and beside them tensors of the
 * caller's own; and nan.safetensors and clash.safetensors, which no header can
 * hold. */
#include "../../base.h"
#include "kinds.h"

#include <float.h>

/* what goes beside the weights */
static const rnn_real mean[] = {(rnn_real)0.1, (rnn_real)-0.0, FLT_MAX,
                                FLT_MIN / 4, (rnn_real)1 / 3, -12345678};
static const rnn_extra extras[] = {{"own.mean", mean, 6, 0},
                                   {"own.scale/2", mean, 2, 3}};
static const rnn_extra clash[] = {{"a b", mean, 6, 0}, {"a_b", mean, 6, 0}};
static const unsigned char vocabulary[] = {0, 10, 34, 92, 255};

static void save(const char *name, const rnn_model *model,
                 const rnn_real *params, size_t n, const rnn_extra *beside_it)
{
    static unsigned char bytes[1 << 18];
    char path[100];
    rnn_beside beside = {0};
    size_t len;

    beside.vocabulary = vocabulary;
    beside.vocabulary_len = sizeof vocabulary;
    beside.extras = beside_it;
    beside.num_extras = 2;
    check(rnn_save(model, params, n, &beside, bytes, sizeof bytes, &len, &why),
          &why, name);
    sprintf(path, "%s.safetensors", name);
    check(rnn_write_file(path, bytes, len, &why), &why, path);
}

static void make(const char *name, const rnn_model *model)
{
    rnn_net net;
    rnn_real *params;
    rnn_rng rng;
    size_t n;
    char small[40];

    check(rnn_plan(&net, model, NULL), &net.why, name);
    n = net.sizes.params;
    params = reals(n);
    rnn_rng_seed(&rng, 3);
    check(rnn_init_params(model, params, n, &rng, &why), &why, name);
    params[0] = (rnn_real)-0.0;
    params[1] = FLT_MIN;
    params[2] = (rnn_real)16777217;
    save(name, model, params, n, extras);
    params[2] = (rnn_real)0.5; /* what int8 takes */
    sprintf(small, "%s_small", name);
    save(small, model, params, n, extras);
    if (strcmp(name, "plain") == 0) {
        save("clash", model, params, n, clash);
        params[3] = 10 * params[4] / params[0];
        params[3] -= params[3]; /* not a number */
        save("nan", model, params, n, extras);
    }
}

#define MAKE(lower, upper, c, in, I, E, H, L, none, O, way)                    \
    {                                                                          \
        rnn_model model = {0};                                                 \
                                                                               \
        model.wiring = RNN_WIRING_##way;                                       \
        model.cell = RNN_CELL_##c;                                             \
        model.input = RNN_INPUT_##in;                                          \
        model.input_size = I;                                                  \
        model.embedding_size = E;                                              \
        model.hidden_size = H;                                                 \
        model.num_layers = L;                                                  \
        model.no_bias = none;                                                  \
        model.output_size = O;                                                 \
        model.dropout_last = (rnn_real)(O ? 0.1 : 0);                          \
        model.bidirectional = strcmp(#lower, "both") == 0;                     \
        if (model.wiring == RNN_WIRING_N_TO_M) {                               \
            model.target = RNN_INPUT_ONE_HOT;                                  \
            model.target_size = O;                                             \
            model.context_size = H;                                            \
            model.feed = RNN_FEED_STATE | RNN_FEED_EACH;                       \
            model.attention = RNN_SCORE_ADDITIVE;                              \
            model.attention_size = 2;                                          \
            model.head_context = 1;                                            \
            model.num_sources = 2;                                             \
        }                                                                      \
        make(#lower, &model);                                                  \
    }

int main(void)
{
    STEPS(MAKE)
    OTHERS(MAKE)
    return 0;
}
