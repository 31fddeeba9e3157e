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
 * languages: 你昨天在学校看了什么 is "what did you read at school yesterday?".
 * Those that are held out to be tested are never learnt, nor is 我爱中国.
 *
 * The program prints lines of progress (iteration, cross-entropy of a word,
 * time left), translations of held-out sentences, greedy and by beam search,
 * the share of them that is right to the last word, and the weights a_ij of
 * 我爱中国, which it also draws in translate.svg beside the program. It takes
 * 10 to 20 seconds on one core; translate --help lists the options.
 *
 * China should look at 中 and at 国, for neither alone says it: there are 中文
 * and 法国. Left to itself it looks at 中 alone, as an h_j of two directions
 * knows its neighbours: h_3 says both characters, and h_4 has nothing to add.
 * So here that knowledge has a price: what carries it, the encoder's weight_hh,
 * loses a fifth at each update, and gate z of a GRU, which carries it without
 * weight_hh, begins closed. What order needs is learnt all the same, as far as
 * it pays. Of seeds 1 to 10 nine then look at both, a_33 and a_34 0.27 or more,
 * and one at 国; with --price 0 none does. 0.989 of the sentences are right
 * instead of 0.998. It takes all three: words that share characters, the price
 * and the closed gate. Nothing forces it even then, since 中 may mean China
 * wherever no 文 is seen. An LSTM's f and c still carry neighbours, so it looks
 * at 中 alone; tanh and relu, which have no gate, lose order with them. */

#include "pairs.h"
#include "batches.h"

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
    {"英国", NULL, "Britain", NO_SUBJECT, PLACE},
    {"德国", NULL, "Germany", NO_SUBJECT, PLACE},
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
    {"法文", NULL, "French", NO_SUBJECT, STUDY},
    {"英文", NULL, "English", NO_SUBJECT, STUDY},
    {"德文", NULL, "German", NO_SUBJECT, STUDY},
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
    char zh[300], en[400]; /* a blank before each character, each word */
} sentence;

/* A few words in both languages. */
static void say(sentence *s, const char *zh, const char *en)
{
    char *end = strchr(s->zh, 0);

    for (; *zh; *end++ = *zh++)
        if ((*zh & 0xc0) != 0x80) /* not a byte inside a character */
            *end++ = ' ';
    *end = 0;
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
    say(s,
        sort == DENY    ? "不"
        : sort == STATE ? "很"
                        : "",
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
enum { TESTED = 500, ALL = 12500, BATCH = 50, MOST = 32, WIDTH = 2 };
static int zh[ALL][MOST], en[ALL][MOST], lengths[ALL];
static words characters, vocabulary; /* word 0 ends a translation */

static void put_sentence(int i, const sentence *s)
{
    char text[420];

    read_words(zh[i], MOST, &characters, s->zh + 1);
    sprintf(text, "%s .", s->en + 1);
    lengths[i] = read_words(en[i], MOST, &vocabulary, text);
}

/* 我爱中国 is the first of what is tested; no two of that are alike, and
 * nothing that is learnt is like one of them. */
static void make_corpus(rnn_rng *rng)
{
    sentence s = {"", ""};
    int i;

    word(&vocabulary, ".", 1); /* END */
    say(&s, "我爱中国", "I love China");
    put_sentence(0, &s);
    for (i = 1; i < ALL; i++)
        do {
            make_sentence(&s, rng);
            put_sentence(i, &s);
        } while (
            is_among(zh[i], zh, (size_t)(i < TESTED ? i : TESTED), sizeof *zh));
    check_apart(zh[TESTED], ALL - TESTED, zh, TESTED, sizeof *zh);
}

/* ---- learning ----------------------------------------------------------- */

/* The share that the encoder's weight_hh loses at each update. */
static double price = 0.2;

static void pay(trainer *t)
{
    rnn_tensor w;
    size_t i;
    int k;

    for (k = 0; rnn_model_tensor(&t->net.model, k, &w, NULL) == RNN_OK; k++)
        for (i = 0; strstr(w.name, "enc.weight_hh") && i < w.size; i++)
            t->work.params[w.offset + i] *= (rnn_real)(1 - price);
}

/* Gate z of a GRU encoder, h_j = (1 - z) n + z h_(j-1), begins near 0. */
static void close_gates(trainer *t)
{
    const rnn_model *model = &t->net.model;
    const size_t H = (size_t)model->hidden_size;
    rnn_tensor w;
    size_t i;
    int k;

    if (model->cell != RNN_CELL_GRU && model->cell != RNN_CELL_GRU_RESET_BEFORE)
        return;
    for (k = 0; rnn_model_tensor(model, k, &w, NULL) == RNN_OK; k++)
        for (i = H; strstr(w.name, "enc.bias_ih") && i < 2 * H; i++)
            t->work.params[w.offset + i] -= 4; /* gates are r z n */
}

/* Sentences of about one length: of their translations, as a step of those is
 * the dearer one. */
static void train(trainer *t, pairs *p, batches *from)
{
    const int *rows;
    int n, i, k;

    if (price > 0)
        close_gates(t);
    begin_epoch(from, 1);
    while (go_on(t)) {
        n = any_batch(from, &rows);
        set_rows(p, n);
        for (i = 0; i < n; i++) {
            k = TESTED + rows[i];
            put_source(p, 0, i, zh[k]);
            put_target(p, i, en[k]);
        }
        p->target.seed[1] = t->adam.step; /* of --own */
        must(t, rnn_forward(&t->net, &t->work, &p->target), "forward");
        loss_of(t, &p->target, &p->want);
        must(t, rnn_backward(&t->net, &t->work, &p->target, NULL), "backward");
        update(t);
        pay(t);
    }
    set_rows(p, BATCH);
}

/* ---- translating -------------------------------------------------------- */

/* Sentence i and its translation, which stays in row 0 of *d. */
static void translate(decoder *d, int i)
{
    char text[400];
    int j;

    put_source(d->p, 0, 0, zh[i]);
    decode(d);
    printf(d->how.width > 1 ? "  beam   " : "  greedy ");
    for (j = 0; j < MOST && zh[i][j] >= 0; j++)
        printf("%s", characters.text[zh[i][j]]);
    printf(" = %s%s\n", spell(text, &vocabulary, said(d, 0), d->counts[0]),
           is_right(d, 0, en[i]) ? "" : "   (wrong)");
}

/* The weights a_ij of the translation of sentence i, the last; returns the less
 * of a_33 and a_34. */
static double show_attention(const decoder *d, int i)
{
    heat map = looks(d, 0, 0);

    map.title = "Which characters each word looks at: a_ij";
    map.row_names = names(&vocabulary, said(d, 0), map.rows);
    map.col_names = names(&characters, zh[i], map.cols);
    putchar('\n');
    put_heat(&map);
    svg_heat("translate", &map);
    if (map.rows < 3)
        return 0;
    return heat_at(&map, 2, 2) < heat_at(&map, 2, 3) ? heat_at(&map, 2, 2)
                                                     : heat_at(&map, 2, 3);
}

int main(int argc, char **argv)
{
    options o = {1, RNN_CELL_GRU, 64, 1000};
    int width = 4, i;
    double own = 0, greedy, beam, both;
    const option table[] = {
        {"--beam", WHOLE, &width, 1, 100, NULL, "hypotheses of beam search"},
        {"--price", REAL, &price, 0, 1, NULL,
         "share that the encoder's weight_hh loses at each update"},
        {"--own", REAL, &own, 0, 1, NULL,
         "share of words that the decoder reads of its own in\ntraining, "
         "instead of the right ones"},
        OPTIONS_END};
    pairs *p = open_pairs(BATCH, MOST, MOST);
    batches *learnt;
    rnn_model model;
    rnn_rng rng;
    trainer *t;
    decoder *d;

    read_options(argc, argv,
                 "translate learns to translate Chinese sentences into "
                 "English, and shows\nwhich characters each word looks at.\n",
                 &o, table);
    rnn_rng_seed(&rng, (uint32_t)o.seed);
    make_corpus(&rng);
    printf("%d sentences to learn, %d to test; %d characters, %d words\n",
           ALL - TESTED, TESTED, characters.count, vocabulary.count);
    learnt = open_batches(lengths + TESTED, ALL - TESTED, BATCH, WIDTH, o.seed);
    put_padding(learnt, "words");
    model = attention_model(&o, characters.count, vocabulary.count);
    t = open_trainer(&model, MOST, MOST, BATCH, &o, 0.005);
    p->target.own_rate = (rnn_real)own;
    p->target.own_ids = ints(MOST * BATCH);
    train(t, p, learnt);
    d = open_decoder(t, p, width);
    puts("\nSentences that it has not learnt:\n");
    for (i = 1; i < 17; i++) {
        d->how.width = i % 2 ? width : 1;
        translate(d, i);
    }
    d->how.width = width;
    beam = share_right(d, zh[0], en[0], TESTED);
    d->how.width = 1;
    greedy = share_right(d, zh[0], en[0], TESTED);
    printf("\nof %d, right to the last word: greedy %.3f, beam %.3f\n\n",
           TESTED, greedy, beam);
    translate(d, 0);
    both = show_attention(d, 0);
    return result("translate_exact", greedy, '>', 0.95) |
           result("translate_both", both, '>', 0.1);
}
