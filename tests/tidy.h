/* A description in which nothing is said that nobody reads: what rnn_plan wants
 * of fields, said once more. Tests draw fields freely and tidy them. */
#ifndef TIDY_H
#define TIDY_H

/* The same of optimisers, and of schedules. */
static inline void tidy_optimizer(rnn_optimizer *o)
{
    const int sgd = o->kind == RNN_OPT_SGD, rms = o->kind == RNN_OPT_RMSPROP;

    if (!sgd && !rms)
        o->momentum = 0;
    if (!sgd) {
        o->dampening = 0;
        o->nesterov = 0;
    }
    if (!rms)
        o->centered = 0;
    if (o->kind != RNN_OPT_ADAM && o->kind != RNN_OPT_ADAMW)
        o->amsgrad = 0;
    if (o->kind != RNN_OPT_ADAGRAD)
        o->lr_decay = o->initial = 0;
}

static inline void tidy_schedule(rnn_schedule *s)
{
    const int step = s->kind == RNN_SCHEDULE_STEP;
    const int cosine = s->kind == RNN_SCHEDULE_COSINE;

    if (!step && !cosine)
        s->every = 0;
    if (!step && s->kind != RNN_SCHEDULE_EXPONENTIAL)
        s->gamma = 0;
    if (!cosine)
        s->least = 0;
}

static inline void tidy(rnn_model *m)
{
    const int n_to_m = m->wiring == RNN_WIRING_N_TO_M;
    const int decoder = n_to_m || m->wiring == RNN_WIRING_1_TO_N;
    int c;

    m->bidirectional = m->bidirectional && m->wiring != RNN_WIRING_1_TO_N;
    m->no_bias = m->no_bias != 0;
    m->head_context = m->head_context && decoder;
    if (m->input != RNN_INPUT_EMBEDDING)
        m->embedding_size = 0;
    if (!decoder) {
        m->target_size = m->decoder_hidden_size = m->decoder_layers = 0;
        m->context_size = 0;
        m->feed = 0;
    }
    if (!m->target_size)
        m->target = RNN_INPUT_DENSE;
    if (m->target != RNN_INPUT_EMBEDDING)
        m->target_embedding_size = 0;
    if (!n_to_m) {
        m->attention = RNN_SCORE_NONE;
        m->hand_over = 0;
        m->num_sources = 0;
    }
    if (!RNN_HAS_C(m->cell))
        m->hand_over &= ~(unsigned)RNN_HAND_CELL;
    if (m->attention != RNN_SCORE_ADDITIVE)
        m->attention_size = 0;
    c = m->head_context && !m->attention;
    c = c ||
        (m->hand_over & RNN_HAND_LAYERS ? m->feed & ~(unsigned)RNN_FEED_STATE
                                        : m->feed || !m->attention);
    if (!n_to_m || !c)
        m->context = RNN_CONTEXT_LAST;
    if (!c)
        m->context_size = 0;
    if (m->context != RNN_CONTEXT_ALL)
        m->source_steps = 0;
    if (m->wiring == RNN_WIRING_1_TO_N && m->decoder_hidden_size)
        m->hidden_size = m->decoder_hidden_size;
    if (m->wiring == RNN_WIRING_1_TO_N && m->decoder_layers)
        m->num_layers = m->decoder_layers;
    if (m->num_layers < 2 && m->decoder_layers < 2)
        m->dropout = 0;
}

#endif
