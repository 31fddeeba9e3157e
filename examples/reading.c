/* reading: a network that reads a story and answers questions about it.
 *
 *                                 in     the    garden   y_i
 *                                 ^      ^      ^
 *                s0 ------------> s1 --> s2 --> s3       decoder: s_i reads
 *                ^                ^      ^      ^        y_(i-1), k, c_i, d_i
 *                k = tanh(Q r+b)  c1 d1  c2 d2  c3 d3
 *                ^                ^      ^      ^
 *        +-------+-------+        looking at g and q
 *        |               |
 *        g1 <-> ... <-> gN       q1 <-> ... <-> qM       two encoders
 *        ^              ^        ^              ^
 *        Tom    ...     .        where  ...     ?
 *
 * This is the article's reading comprehension: story and question are encoded
 * separately, each by a network of its own, and one decoder answers. What it
 * starts from and keeps in sight is k, made of the means r of both encoders'
 * states; so its first look at the story already knows the question. For every
 * word it looks at both: c_i is the mean of the g_j weighted by a_ij, and d_i
 * that of the q_j by weights of their own.
 *
 * A story is three to six sentences about who goes where, takes what and leaves
 * it. Where is the ball? Whoever is to know must find out who took it, and
 * where that one went with it, if it was not left behind; and "she" is whoever
 * the sentence before was about. The answer is one to three words.
 *
 * The program makes new stories for every iteration, none of those that it is
 * tested on. It prints lines of progress (iteration, cross-entropy of a word of
 * the answer, time left), how many answers are right, by the kind of question,
 * of all, and if each question is asked of another story; some stories with
 * questions and answers; and for one of them how much each word of the answer
 * looks at each word of the question, and at each sentence. It takes about half
 * a minute on one core; reading --help lists the options. */

#include "example.h"

/* ---- stories ------------------------------------------------------------ */

/* how one is called, and called again; to a place, and at it */
static const char *const people[][2] = {
    {"Mary", "She"}, {"Tom", "He"}, {"Anna", "She"}, {"Peter", "He"}};
static const char *const places[][2] = {
    {"to the kitchen", "in the kitchen"}, {"to the garden", "in the garden"},
    {"to the river", "at the river"},     {"to the market", "at the market"},
    {"to school", "at school"},           {"home", "at home"}};
static const char *const things[] = {"the ball", "the book", "the letter",
                                     "the apple"};
enum { PEOPLE = 4, PLACES = 6, THINGS = 4, NONE = -1 };

enum { GO, TAKE, LEAVE, VERBS };
static const char *const verbs[][3] = {
    {"went", "walked", "ran"}, {"took", "found", "got"},
    {"left", "dropped", "hid"}};

/* What is so at some point of a story, as far as it says; NONE is also the
 * thing in an empty hand, and the holder of what lies somewhere. */
typedef struct world {
    int at[PEOPLE], holds[PEOPLE];    /* a place, a thing  */
    int lies[THINGS], holder[THINGS]; /* a place, a person */
} world;

/* Somebody does something, if that can be: a hand holds one thing, and things
 * stay where they are left. Returns what it is done to, or NULL. */
static const char *act(world *w, int who, int verb, int what)
{
    const int here = w->at[who], mine = w->holds[who];

    if (verb == GO && what != here) {
        w->at[who] = what;
        if (mine != NONE)
            w->lies[mine] = what;
        return places[what][0];
    }
    if (verb == TAKE && here != NONE && mine == NONE &&
        w->holder[what] == NONE &&
        (w->lies[what] == NONE || w->lies[what] == here)) {
        w->holds[who] = what;
        w->holder[what] = who;
        w->lies[what] = here;
        return things[what];
    }
    if (verb == LEAVE && mine != NONE) {
        w->holds[who] = w->holder[mine] = NONE;
        return things[mine];
    }
    return NULL;
}

/* Of two or three people and two things. */
static void make_story(world *w, char *text, rnn_rng *rng)
{
    const int sentences = 3 + below(rng, 4), cast = 2 + below(rng, 2);
    const int first = below(rng, PEOPLE), thing = below(rng, THINGS);
    int n = 0, last = NONE, who, verb, what;
    const char *object;

    memset(w, NONE, sizeof *w);
    for (*text = 0; n < sentences; n += object != NULL) {
        who = (first + below(rng, cast)) % PEOPLE;
        verb = below(rng, VERBS);
        what = verb == GO ? below(rng, PLACES)
                          : (thing + below(rng, 2)) % THINGS;
        object = act(w, who, verb, what);
        if (object) {
            sprintf(text + strlen(text), "%s %s %s . ",
                    people[who][who == last], verbs[verb][below(rng, 3)],
                    object);
            last = who;
        }
    }
}

enum { WHERE, WHAT_HAS, WHERE_THING, WHO_HAS, KINDS };

static void make_question(char *text, int kind, int who, int thing)
{
    if (kind == WHAT_HAS)
        sprintf(text, "what does %s have ?", people[who][0]);
    else
        sprintf(text, "%s %s ?", kind == WHO_HAS ? "who has" : "where is",
                kind == WHERE ? people[who][0] : things[thing]);
}

/* The answer, if the story says it, else NULL. */
static const char *answer(const world *w, int kind, int who, int thing)
{
    const int person = kind == WHERE || kind == WHAT_HAS;
    const int place = person ? w->at[who] : w->lies[thing];

    if (place == NONE)
        return NULL;
    if (kind == WHAT_HAS)
        return w->holds[who] == NONE ? "nothing" : things[w->holds[who]];
    if (kind == WHO_HAS)
        return w->holder[thing] == NONE ? "nobody"
                                        : people[w->holder[thing]][0];
    return places[place][1];
}

/* ---- as words ----------------------------------------------------------- */

enum { STORY = 36, QUESTION = 5, ANSWER = 4, STOP = 0 };
static words sources, answers; /* vocabularies; word 0 is the full stop */

typedef struct item {
    int story[STORY], question[QUESTION], answer[ANSWER]; /* -1 after them */
    int kind;
} item;

/* A story, and a question that it answers. */
static void make_item(item *it, rnn_rng *rng)
{
    char text[400];
    const char *said;
    int who, thing;
    world w;

    make_story(&w, text, rng);
    read_words(it->story, STORY, &sources, text);
    do {
        it->kind = below(rng, KINDS);
        who = below(rng, PEOPLE);
        thing = below(rng, THINGS);
        said = answer(&w, it->kind, who, thing);
    } while (!said);
    make_question(text, it->kind, who, thing);
    read_words(it->question, QUESTION, &sources, text);
    sprintf(text, "%s .", said);
    read_words(it->answer, ANSWER, &answers, text);
}

/* Items as the network reads them: time-major. */
enum { TESTED = 512, BATCH = 32 };
typedef struct batch {
    int story[STORY * BATCH], question[QUESTION * BATCH];
    int before[(ANSWER + 1) * BATCH], after[ANSWER * BATCH];
    int lengths[3][BATCH];
    rnn_seq both[2], target;
    goal want;
} batch;

static rnn_seq rows_of(const int *ids, int steps, const int *lengths)
{
    rnn_seq seq = {0};

    seq.steps = steps;
    seq.batch = BATCH;
    seq.ids = ids;
    seq.lengths = lengths;
    return seq;
}

static batch *open_batch(void)
{
    batch *b = (batch *)zeros(1, sizeof *b);

    b->both[0] = rows_of(b->story, STORY, b->lengths[0]);
    b->both[1] = rows_of(b->question, QUESTION, b->lengths[1]);
    b->target = rows_of(b->before, ANSWER, b->lengths[2]);
    b->target.source = b->both;
    b->want.ids = b->after;
    return b;
}

/* Words into one row of a sequence; returns how many. */
static int put_row(int *ids, int row, const int *text, int most)
{
    int n;

    for (n = 0; n < most && text[n] >= 0; n++)
        ids[n * BATCH + row] = text[n];
    return n;
}

/* A question, and the story of which it is asked. */
static void put_item(batch *b, int row, const item *it, const int *story)
{
    b->lengths[0][row] = put_row(b->story, row, story, STORY);
    b->lengths[1][row] = put_row(b->question, row, it->question, QUESTION);
    b->lengths[2][row] = put_row(b->after, row, it->answer, ANSWER);
    b->before[row] = STOP;
    put_row(b->before + BATCH, row, it->answer, ANSWER);
}

/* What is learnt has no story that is tested. */
static void make_batch(batch *b, int (*tested)[STORY], rnn_rng *rng)
{
    item it;
    int row;

    for (row = 0; row < BATCH; row++) {
        do
            make_item(&it, rng);
        while (is_among(it.story, tested, TESTED, sizeof it.story));
        check_apart(it.story, 1, tested, TESTED, sizeof it.story);
        put_item(b, row, &it, it.story);
    }
}

/* ---- answering ---------------------------------------------------------- */

static int is_right(const decoder *d, int row, const int *want)
{
    const int most = d->how.max_steps, n = d->counts[row];

    return n < most && want[n] == d->how.end &&
           memcmp(d->ids + row * most, want, (size_t)n * sizeof *want) == 0;
}

/* The share of right answers; of each kind, good of so many. With other = 1
 * each question is asked of the next item's story. */
static double test(const trainer *t, decoder *d, batch *b, const item *tests,
                   int other, int *good, int *of)
{
    int i, row, ok, all = 0;

    memset(good, 0, KINDS * sizeof *good);
    memset(of, 0, KINDS * sizeof *of);
    for (i = 0; i < TESTED; i++) {
        for (row = 0; i % BATCH == 0 && row < BATCH; row++)
            put_item(b, row, &tests[i + row],
                     tests[(i + row + other) % TESTED].story);
        if (i % BATCH == 0)
            decode(d, t, b->both, 0);
        ok = is_right(d, i % BATCH, tests[i].answer);
        all += ok;
        good[tests[i].kind] += ok;
        of[tests[i].kind]++;
    }
    return all / (double)TESTED;
}

/* The words from one stop to the next. */
static int sentence(const int *story)
{
    int n = 0;

    while (story[n++] != STOP)
        ;
    return n;
}

/* Row of the last batch, two sentences on a line. */
static void show(const decoder *d, const batch *b, int row, const item *it)
{
    char text[100];
    int i, n, sentences = 0;

    for (i = 0; i < b->lengths[0][row]; i += n, sentences++) {
        n = sentence(it->story + i);
        printf("%s%s", sentences % 2 ? " " : "\n  ",
               spell(text, &sources, it->story + i, n));
    }
    printf("\n    %s", spell(text, &sources, it->question, QUESTION));
    printf(" - %s%s\n", spell(text, &answers, d->ids + row * ANSWER,
                              d->counts[row]),
           is_right(d, row, it->answer) ? "" : "   (wrong)");
}

/* Row 0 of the last batch: how much each word of the answer looks at each word
 * of the question, and at each sentence, the sum of its words' weights. A step
 * of d->attention has the story's weights, then the question's. */
static void show_attention(const decoder *d, const batch *b, const item *it)
{
    const int step = (STORY + QUESTION) * BATCH, n = d->counts[0];
    const char *said[ANSWER], *asked[QUESTION], *told[STORY];
    rnn_real sums[STORY * ANSWER] = {0}, *sum = sums;
    heat question = {"Which words of the question each word of the answer "
                     "looks at:", n, b->lengths[1][0],
                     d->attention + STORY * BATCH, (size_t)step, said, asked};
    heat story = {"and which sentences of the story:", 0, n, sums, ANSWER, told,
                  said};
    int i, j, k, end;

    for (i = 0; i < n; i++)
        said[i] = answers.text[d->ids[i]];
    for (j = 0; j < question.cols; j++)
        asked[j] = sources.text[it->question[j]];
    for (j = 0; j < b->lengths[0][0]; j = end, sum += ANSWER) {
        end = j + sentence(it->story + j);
        told[story.rows++] = spell((char *)zeros(100, 1), &sources,
                                   it->story + j, end - j);
        for (i = 0; i < n; i++)
            for (k = j; k < end; k++)
                sum[i] += d->attention[i * step + k];
    }
    putchar('\n');
    put_heat(&question);
    put_heat(&story);
}

/* ---- the program -------------------------------------------------------- */

static rnn_model make_model(const options *o)
{
    rnn_model model = {0};

    model.wiring = RNN_N_TO_M;
    model.num_sources = 2;
    model.cell = o->cell;
    model.input = model.target = RNN_EMBEDDING;
    model.input_size = sources.count;
    model.target_size = model.output_size = answers.count;
    model.embedding_size = model.target_embedding_size = 32;
    model.hidden_size = model.context_size = o->hidden;
    model.bidirectional = 1;
    model.context = RNN_MEAN;
    model.feed = RNN_AS_STATE | RNN_AT_EACH;
    model.attention = RNN_ADDITIVE;
    model.attention_size = o->hidden;
    model.head_context = 1;
    return model;
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {
        "where is Mary?", "what does Mary have?", "where is the ball?",
        "who has the ball?"};
    static item tests[TESTED];
    static int stories[TESTED][STORY];
    options o = {1, RNN_GRU, 64, 4000};
    const option none[] = {OPTIONS_END};
    int good[KINDS], of[KINDS], i;
    double own, other;
    rnn_decoding how = {0};
    batch *b = open_batch();
    rnn_model model;
    rnn_rng rng;
    trainer t;
    decoder d;

    read_options(argc, argv,
                 "reading learns to answer questions about stories, and shows "
                 "which sentences\neach word of an answer looks at.\n",
                 &o, none);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    word(&sources, ".", 1);
    word(&answers, ".", 1);
    for (i = 0; i < TESTED; i++) {
        make_item(&tests[i], &rng);
        memcpy(stories[i], tests[i].story, sizeof stories[i]);
    }
    model = make_model(&o);
    t = open_trainer(&model, STORY, ANSWER, BATCH, &o, 0.003);
    while (go_on(&t)) {
        make_batch(b, stories, &rng);
        learn(&t, &b->target, &b->want);
    }
    how.begin = how.end = STOP;
    how.max_steps = ANSWER;
    how.width = 1;
    d = open_decoder(&t, STORY, BATCH, &how);
    other = test(&t, &d, b, tests, 1, good, of);
    own = test(&t, &d, b, tests, 0, good, of);
    puts("\nright, by the kind of question:\n");
    for (i = 0; i < KINDS; i++)
        printf("  %-22s%4d of %d\n", kinds[i], good[i], of[i]);
    printf("\nof all %.3f; asked of another story %.3f\n", own, other);
    puts("\nStories that it has not learnt:");
    for (i = 0; i < BATCH; i++)
        put_item(b, i, &tests[i], tests[i].story);
    decode(&d, &t, b->both, 0);
    for (i = 0; i < 6; i++)
        show(&d, b, i, &tests[i]);
    while (tests[i].kind != WHERE_THING)
        i++;
    put_item(b, 0, &tests[i], tests[i].story);
    decode(&d, &t, b->both, 0);
    show(&d, b, 0, &tests[i]);
    show_attention(&d, b, &tests[i]);
    return result("reading_exact", own, '>', 0.95);
}
