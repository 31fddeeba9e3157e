/* A team of threads as tests want it: tasks in an order that is drawn. */
#ifndef EACH_H
#define EACH_H

/* rnn_run.each; team counts the tasks, or is NULL. */
static void each_shuffled(void *team, int n, void (*task)(void *arg, int i),
                          void *arg)
{
    enum { MOST = 64 };
    int order[MOST] = {0}, i, j;

    MUST(n > 1 && n <= MOST, "%d tasks", n);
    for (i = 0; i < n && n <= MOST; i++) {
        j = test_below(i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    for (i = 0; i < n && n <= MOST; i++)
        task(arg, order[i]);
    if (team)
        *(int *)team += n;
}

#endif
