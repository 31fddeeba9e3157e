/* translate: a network that reads Chinese and writes English.
 *
 *                       I      love   China  .        y_i
 *                       ^      ^      ^      ^
 *        s0 ----------> s1 --> s2 --> s3 --> s4       decoder: s_i reads
 *                       ^      ^      ^      ^        y_(i-1) and c_i
 *                       c1     c2     c3     c4       c_i = sum_j a_ij h_j
 *                       |  \   |   /  |   /
 *        h1 <-> h2 <-> h3 <-> h4                      encoder, both directions
 *        ^      ^      ^      ^
 *        我     爱     中     国
 *
 * This is the article's N vs M with attention, on its own sentence. For each
 * word i the decoder asks of each character j how much it matters now, e_ij =
 * v . tanh(W s_(i-1) + U h_j) (Bahdanau, Cho & Bengio 2014); a softmax over j
 * makes weights a_ij of them, and c_i is the mean of the h_j so weighted. Both
 * languages go through tables of embeddings, and the words are chosen from
 * [s_i; c_i]. In training the decoder reads the right words (teacher forcing).
 *
 * The sentences come from a small grammar below, with questions, negations,
 * times, places and wishes, whose words stand in other orders in the two
 * languages: 你昨天在学校看了什么 is "what did you read at school yesterday
 * ?". Those that are held out to be tested are never learnt, nor is 我爱中国.
 *
 * The program prints lines of progress (iteration, cross-entropy of a word,
 * time left), translations of held-out sentences, greedy and by beam search,
 * the share of them that is right to the last word, and the weights a_ij of
 * 我爱中国, which it also draws in translate.svg beside the program. An h_j of
 * two directions knows its neighbours, so a word of two characters needs but
 * one of them. It takes 10 to 20 seconds on one core; translate --help lists
 * the options. */

#include "example.h"

/* ---- the grammar -------------------------------------------------------- */

enum { AM, ARE, IS, NO_SUBJECT };
enum { PERSON = 1, PLACE = 2, PRINT = 4, SHOW = 8, DRINK = 16, FOOD = 32,
       STUDY = 64, THING = PRINT | SHOW | DRINK | FOOD | STUDY };

static const struct noun {
    const char *zh, *subject, *object;
    int person, kind;
} nouns[] = {
    {"我", "I", "me", AM, PERSON},
    {"你", "you", "you", ARE, PERSON},
    {"他", "he", "him", IS, PERSON},
    {"她", "she", "her", IS, PERSON},
    {"我们", "we", "us", ARE, PERSON},
    {"他们", "they", "them", ARE, PERSON},
    {"老师", "the teacher", "the teacher", IS, PERSON},
    {"学生", "the student", "the student", IS, PERSON},
    {"医生", "the doctor", "the doctor", IS, PERSON},
    {"孩子们", "the children", "the children", ARE, PERSON},
    {"中国", NULL, "China", NO_SUBJECT, PLACE},
    {"北京", NULL, "Beijing", NO_SUBJECT, PLACE},
    {"法国", NULL, "France", NO_SUBJECT, PLACE},
    {"书", NULL, "books", NO_SUBJECT, PRINT},
    {"报纸", NULL, "newspapers", NO_SUBJECT, PRINT},
    {"电影", NULL, "films", NO_SUBJECT, SHOW},
    {"电视", NULL, "television", NO_SUBJECT, SHOW},
    {"茶", NULL, "tea", NO_SUBJECT, DRINK},
    {"水", NULL, "water", NO_SUBJECT, DRINK},
    {"苹果", NULL, "apples", NO_SUBJECT, FOOD},
    {"鱼", NULL, "fish", NO_SUBJECT, FOOD},
    {"音乐", NULL, "music", NO_SUBJECT, STUDY},
    {"中文", NULL, "Chinese", NO_SUBJECT, STUDY},
};
enum { SUBJECTS = 10, NOUNS = sizeof nouns / sizeof *nouns };

static const struct verb {
    const char *zh, *base, *third, *past;
    int takes, action; /* kinds of object; actions have times and places */
} verbs[] = {
    {"爱", "love", "loves", "loved", PERSON | PLACE | THING, 0},
    {"喜欢", "like", "likes", "liked", PERSON | PLACE | THING, 0},
    {"认识", "know", "knows", "knew", PERSON, 0},
    {"想", "miss", "misses", "missed", PERSON | PLACE, 0},
    {"帮助", "help", "helps", "helped", PERSON, 1},
    {"看", "read", "reads", "read", PRINT, 1},
    {"看", "watch", "watches", "watched", SHOW, 1},
    {"喝", "drink", "drinks", "drank", DRINK, 1},
    {"吃", "eat", "eats", "ate", FOOD, 1},
    {"买", "buy", "buys", "bought", PRINT | DRINK | FOOD, 1},
    {"学", "study", "studies", "studied", STUDY, 1},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

/* pairs of Chinese and English */
enum { NO_TIME, EVERY_DAY, YESTERDAY, TOMORROW, TIMES };
static const char *const times[][2] = {{"", ""},
                                       {"每天", "every day"},
                                       {"昨天", "yesterday"},
                                       {"明天", "tomorrow"}};
enum { PLACES = 3, ANYWHERE = 3, QUALITIES = 4, MOODS = 4 };
static const char *const places[][2] = {{"在家", "at home"},
                                        {"在学校", "at school"},
                                        {"在北京", "in Beijing"},
                                        {"", ""}};
static const char *const qualities[][2] = {
    {"好的", "good"}, {"新的", "new"}, {"旧的", "old"}, {"贵的", "expensive"}};
static const char *const moods[][2] = {
    {"高兴", "happy"}, {"累", "tired"}, {"忙", "busy"}, {"年轻", "young"}};

/* the sorts of sentences; the first two alone can be joined */
enum { STATE, DENY, ASK, ASK_WHO, ASK_WHAT, SORTS };

typedef struct sentence {
    char zh[200], en[400]; /* en has a blank before each word */
} sentence;

/* A few words in both languages. */
static void say(sentence *s, const char *zh, const char *en)
{
    strcat(s->zh, zh);
    if (*en)
        strcat(strcat(s->en, " "), en);
}

/* S is A: 他很忙, 他不忙, 他忙吗 */
static void say_mood(sentence *s, int sort, rnn_rng *rng)
{
    static const char *const be[] = {"am", "are", "is"};
    const struct noun *who = &nouns[below(rng, SUBJECTS)];
    const char *const *mood = moods[below(rng, MOODS)];

    say(s, "", sort == ASK ? be[who->person] : who->subject);
    say(s, who->zh, sort == ASK ? who->subject : be[who->person]);
    say(s, sort == DENY ? "不" : sort == STATE ? "很" : "",
        sort == DENY ? "not" : "");
    say(s, mood[0], mood[1]);
    say(s, sort == ASK ? "吗" : "", sort == ASK ? "?" : "");
}

/* S V O, with a time, a place, a wish, a quality; and questions about it. */
static void say_verb(sentence *s, int sort, rnn_rng *rng)
{
    const struct noun *who = &nouns[below(rng, SUBJECTS)], *what;
    const struct verb *verb = &verbs[below(rng, VERBS)];
    int time = verb->action ? below(rng, TIMES) : NO_TIME;
    int place = verb->action ? below(rng, 2 * PLACES) : ANYWHERE;
    int early = below(rng, 2), past = time == YESTERDAY, plain, third;
    int wish = verb->action && !past && below(rng, 4) == 0;
    const char *quality[2] = {"", ""}, *aux, *subject = who->subject;

    do
        what = &nouns[below(rng, NOUNS)];
    while (!(what->kind & verb->takes) || what == who);
    if (what->kind & (PRINT | DRINK | FOOD) && below(rng, 3) == 0)
        memcpy(quality, qualities[below(rng, QUALITIES)], sizeof quality);
    if (sort == ASK_WHAT && what->kind == SHOW)
        sort = ASK; /* 看什么 alone does not say whether read or watched */
    place = place < PLACES ? place : ANYWHERE;
    subject = sort == ASK_WHO ? "who" : subject;
    third = sort == ASK_WHO || who->person == IS;
    plain = sort == STATE || sort == ASK_WHO;
    aux = past                        ? "did"
        : time == TOMORROW && !wish   ? "will"
        : third                       ? "does" : "do";

    /* Chinese asks at the end, and says when and where before the verb */
    say(s, early ? times[time][0] : "", "");
    say(s, sort == ASK_WHO ? "谁" : who->zh, "");
    say(s, early ? "" : times[time][0], "");
    say(s, sort != DENY ? "" : past ? "没" : "不", "");
    say(s, wish ? "想" : "", "");
    say(s, places[place][0], "");
    say(s, verb->zh, "");
    say(s, past && sort != DENY && sort != ASK ? "了" : "", "");
    if (sort == ASK_WHAT)
        say(s, what->kind == PERSON ? "谁" : "什么", "");
    else
        say(s, quality[0], ""), say(s, what->zh, "");
    say(s, sort == ASK ? past ? "了吗" : "吗" : "", "");

    /* English asks at the beginning, and says where and when at the end */
    if (sort == ASK_WHAT)
        say(s, "", what->kind == PERSON ? "who" : "what");
    say(s, "", sort == ASK || sort == ASK_WHAT ? aux : "");
    say(s, "", subject);
    say(s, "", sort == DENY || (plain && *aux == 'w') ? aux : "");
    say(s, "", sort == DENY ? "not" : "");
    third = plain && third && *aux != 'w';
    say(s, "", !wish ? "" : third ? "wants to" : "want to");
    say(s, "", plain && past ? verb->past
             : third && !wish ? verb->third : verb->base);
    if (sort != ASK_WHAT)
        say(s, "", quality[1]), say(s, "", what->object);
    say(s, "", places[place][1]);
    say(s, "", times[time][1]);
    say(s, "", sort >= ASK ? "?" : "");
}

static void make_sentence(sentence *s, rnn_rng *rng)
{
    int joined = below(rng, 5) == 0;

    s->zh[0] = s->en[0] = 0;
    if (below(rng, 6) == 0)
        say_mood(s, below(rng, joined ? ASK : ASK_WHO), rng);
    else
        say_verb(s, below(rng, joined ? ASK : SORTS), rng);
    if (joined) {
        say(s, "可是", "but");
        say_mood(s, below(rng, ASK), rng);
    }
}

/* ---- the corpus: sentences as ids --------------------------------------- */

/* of all sentences the first are tested, the others learnt */
enum { TESTED = 500, ALL = 12500, BATCH = 50, MOST = 32, END = 0 };

typedef struct corpus {
    words characters, vocabulary;
    int zh[ALL][MOST], en[ALL][MOST]; /* words and END; -1 after them */
} corpus;

static int length(const int *ids)
{
    int n = 0;

    while (n < MOST && ids[n] >= 0)
        n++;
    return n;
}

static void put_sentence(corpus *c, size_t i, const sentence *s)
{
    const char *p, *next;
    int n;

    memset(c->zh[i], -1, sizeof c->zh[i]);
    memset(c->en[i], -1, sizeof c->en[i]);
    for (n = 0, p = s->zh; *p && n < MOST; p = next) {
        for (next = p + 1; (*next & 0xc0) == 0x80; next++)
            ; /* the bytes of one character */
        c->zh[i][n++] = word(&c->characters, p, (size_t)(next - p));
    }
    for (n = 0, p = s->en; *p && n + 1 < MOST; p = next) {
        next = p + 1 + strcspn(p + 1, " ");
        c->en[i][n++] = word(&c->vocabulary, p + 1, (size_t)(next - p - 1));
    }
    c->en[i][n] = END;
}

/* 我爱中国 is the first of what is tested; no two of that are alike, and nothing
 * that is learnt is like one of them. */
static corpus *make_corpus(rnn_rng *rng)
{
    corpus *c = (corpus *)zeros(1, sizeof *c);
    sentence s = {"我爱中国", " I love China"};
    const size_t size = sizeof c->zh[0];
    size_t i;

    word(&c->vocabulary, ".", 1); /* END */
    put_sentence(c, 0, &s);
    for (i = 1; i < ALL; i++)
        do {
            make_sentence(&s, rng);
            put_sentence(c, i, &s);
        } while (is_among(c->zh[i], c->zh[0],
                          i < TESTED ? i : (size_t)TESTED, size));
    check_apart(c->zh[TESTED], ALL - TESTED, c->zh[0], TESTED, size);
    return c;
}

/* Sentences as the network reads them: time-major, padded to the longest. */
typedef struct batch {
    int zh[MOST * BATCH], zh_lengths[BATCH], en_lengths[BATCH];
    int before[MOST * BATCH], after[MOST * BATCH], own[MOST * BATCH];
    rnn_seq source, target;
    goal want;
} batch;

static void put_row(batch *b, int row, int rows, const int *zh, const int *en)
{
    int i, n = b->zh_lengths[row] = length(zh);
    int m = b->en_lengths[row] = length(en);

    for (i = 0; i < n; i++)
        b->zh[i * rows + row] = zh[i];
    for (i = 0; i < m; i++) {
        b->before[i * rows + row] = i ? en[i - 1] : END;
        b->after[i * rows + row] = en[i];
    }
    b->source.steps = n > b->source.steps ? n : b->source.steps;
    b->target.steps = m > b->target.steps ? m : b->target.steps;
}

/* Sentences which[0 ... rows-1] of the corpus. */
static void make_batch(batch *b, const corpus *c, const int *which, int rows)
{
    int row;

    memset(b, 0, sizeof *b);
    for (row = 0; row < rows; row++)
        put_row(b, row, rows, c->zh[which[row]], c->en[which[row]]);
    b->source.batch = b->target.batch = rows;
    b->source.ids = b->zh;
    b->source.lengths = b->zh_lengths;
    b->target.source = &b->source;
    b->target.ids = b->before;
    b->target.lengths = b->en_lengths;
    b->target.own_ids = b->own;
    b->want.ids = b->after;
}

/* ---- translating -------------------------------------------------------- */

static int is_right(const decoder *d, int row, const int *en)
{
    const int *said = d->ids + row * d->how.max_steps, n = d->counts[row];

    return n + 1 == length(en) && memcmp(said, en, (size_t)n * sizeof *en) == 0;
}

/* The share of the sentences to test that is right to the last word. */
static double test(const trainer *t, decoder *d, batch *b, const corpus *c,
                   int beam)
{
    int which[BATCH], i, row, good = 0;

    for (i = 0; i < TESTED; i += BATCH) {
        for (row = 0; row < BATCH; row++)
            which[row] = i + row;
        make_batch(b, c, which, BATCH);
        decode(d, t, &b->source, beam);
        for (row = 0; row < BATCH; row++)
            good += is_right(d, row, c->en[i + row]);
    }
    return good / (double)TESTED;
}

/* Sentence i and its translation, which stays in *d. */
static void translate(const trainer *t, decoder *d, batch *b, const corpus *c,
                      int i, int beam)
{
    int j;

    make_batch(b, c, &i, 1);
    decode(d, t, &b->source, beam);
    printf(beam ? "  beam   " : "  greedy ");
    for (j = 0; j < b->source.steps; j++)
        printf("%s", c->characters.text[b->zh[j]]);
    printf(" =");
    for (j = 0; j < d->counts[0]; j++)
        printf(" %s", c->vocabulary.text[d->ids[j]]);
    puts(is_right(d, 0, c->en[i]) ? "" : "   (wrong)");
}

/* The weights a_ij of the last translation: a row for every word. */
static void show_attention(const decoder *d, const batch *b, const corpus *c)
{
    const char *rows[MOST], *cols[MOST];
    heat map = {"Which characters each word looks at: a_ij", 0, 0, NULL, 0,
                rows, cols};
    int i;

    map.rows = d->counts[0];
    map.cols = b->source.steps;
    map.values = d->attention;
    map.stride = (size_t)map.cols;
    for (i = 0; i < map.rows; i++)
        rows[i] = c->vocabulary.text[d->ids[i]];
    for (i = 0; i < map.cols; i++)
        cols[i] = c->characters.text[b->zh[i]];
    putchar('\n');
    put_heat(&map);
    svg_heat("translate", &map);
}

/* ---- the program -------------------------------------------------------- */

static rnn_model make_model(const options *o, const corpus *c)
{
    rnn_model model = {0};

    model.wiring = RNN_N_TO_M;
    model.cell = o->cell;
    model.input = model.target = RNN_EMBEDDING;
    model.input_size = c->characters.count;
    model.target_size = model.output_size = c->vocabulary.count;
    model.embedding_size = model.target_embedding_size = 32;
    model.hidden_size = model.attention_size = o->hidden;
    model.bidirectional = 1;
    model.attention = RNN_ADDITIVE;
    model.head_context = 1;
    return model;
}

int main(int argc, char **argv)
{
    options o = {1, RNN_GRU, 64, 1000};
    int width = 4, which[BATCH], i;
    double own = 0, greedy;
    const option table[] = {
        {"--beam", WHOLE, &width, 1, 100, NULL, "hypotheses of beam search"},
        {"--own", REAL, &own, 0, 1, NULL,
         "share of words that the decoder reads of its own in\ntraining, "
         "instead of the right ones"},
        OPTIONS_END};
    rnn_decoding how = {0};
    rnn_model model;
    rnn_rng rng;
    corpus *c;
    batch *b = (batch *)zeros(1, sizeof *b);
    trainer t;
    decoder d;

    read_options(argc, argv,
                 "translate learns to translate Chinese sentences into "
                 "English, and shows\nwhich characters each word looks at.\n",
                 &o, table);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    c = make_corpus(&rng);
    printf("%d sentences to learn, %d to test; %d characters, %d words\n",
           ALL - TESTED, TESTED, c->characters.count, c->vocabulary.count);
    model = make_model(&o, c);
    t = open_trainer(&model, MOST, MOST, BATCH, &o, 0.005);
    while (go_on(&t)) {
        for (i = 0; i < BATCH; i++)
            which[i] = TESTED + below(&rng, ALL - TESTED);
        make_batch(b, c, which, BATCH);
        b->target.own_rate = (rnn_real)own;
        learn(&t, &b->target, &b->want);
    }
    how.begin = how.end = END;
    how.max_steps = MOST;
    how.width = width;
    d = open_decoder(&t, MOST, BATCH, &how);
    puts("\nSentences that it has not learnt:\n");
    for (i = 1; i < 17; i++)
        translate(&t, &d, b, c, i, i % 2);
    greedy = test(&t, &d, b, c, 0);
    printf("\nof %d, right to the last word: greedy %.3f, beam %.3f\n\n",
           TESTED, greedy, test(&t, &d, b, c, 1));
    translate(&t, &d, b, c, 0, 0);
    show_attention(&d, b, c);
    return result("translate_exact", greedy, '>', 0.95);
}
