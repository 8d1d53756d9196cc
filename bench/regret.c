/* Tunings on a table of real runs instead of training: regret PRUNER SEEDS EPOCHS < TABLE.csv
 *
 * For each seed a line with the regret after 9, 18, ... epochs of training: how far the best configuration that ran to
 * its end is below the best one of the table. bench/regret.py makes the table plain, and sets Optuna beside it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/pruner.h"
#include "study/tpe.h"

enum { EPOCHS = 9, ROWS_MOST = 1000, TRIALS_MOST = 2000, DIMENSIONS = 9, ACTS = 3 };

static const char *const acts[] = {"leaky_relu", "elu", "swish_beta"}, *const learns[] = {"fixed", "layer"};
static const char *const rates[] = {"1e-4", "4e-4", "1.6e-3", "6.4e-3", "2.56e-2", "0.1024"}, *const decays[] = {
                                                                                                  "1e-5", "1e-2"};
static const char *const parameters[ACTS][3] = {{"0.01", "0.05", "0.2"}, {"0.25", "1", "2"}, {"0.25", "1", "4"}};
static const double usual[ACTS] = {0, 1, 1}; /* the place of each activation's own parameter */

static const og__dimension dimensions[DIMENSIONS] = {
    {"act", OG_DIMENSION_CHOICE, 0, ACTS - 1, 1, false, OG_NO_PARENT, 0, acts},
    {"lr", OG_DIMENSION_INT, 0, 5, 1, false, OG_NO_PARENT, 0, NULL},
    {"weight_decay", OG_DIMENSION_INT, 0, 1, 1, false, OG_NO_PARENT, 0, NULL},
    {"leaky_relu.a", OG_DIMENSION_INT, 0, 2, 1, false, 0, 0, NULL},
    {"elu.a", OG_DIMENSION_INT, 0, 2, 1, false, 0, 1, NULL},
    {"swish_beta.b", OG_DIMENSION_INT, 0, 2, 1, false, 0, 2, NULL},
    {"leaky_relu.learn", OG_DIMENSION_CHOICE, 0, 1, 1, false, 0, 0, learns},
    {"elu.learn", OG_DIMENSION_CHOICE, 0, 1, 1, false, 0, 1, learns},
    {"swish_beta.learn", OG_DIMENSION_CHOICE, 0, 1, 1, false, 0, 2, learns},
};
static const og__space space = {DIMENSIONS, dimensions};

static struct {
    char key[ROWS_MOST][80]; /* "act,value,learn,lr,decay" */
    double dice[ROWS_MOST][EPOCHS];
    size_t count;
    double best;
} table;

static void read_table(void)
{
    char line[400];
    while (table.count < ROWS_MOST && fgets(line, sizeof line, stdin)) {
        char *at = line;
        for (int comma = 0; comma < 5 && at; comma++)
            at = strchr(at + 1, ',');
        if (!at || strncmp(line, "act,", 4) == 0)
            continue;
        snprintf(table.key[table.count], sizeof table.key[0], "%.*s", (int)(at - line), line);
        for (int e = 0; e < EPOCHS; e++)
            table.dice[table.count][e] = strtod(at + 1, &at);
        table.best = fmax(table.best, table.dice[table.count++][EPOCHS - 1]);
    }
}

static const double *find_run(const double *point)
{
    char key[80];
    int act = (int)point[0];
    snprintf(key, sizeof key, "%s,%s,%s,%s,%s", acts[act], parameters[act][(int)point[3 + act]],
             learns[(int)point[6 + act]], rates[(int)point[1]], decays[(int)point[2]]);
    for (size_t i = 0; i < table.count; i++)
        if (strcmp(table.key[i], key) == 0)
            return table.dice[i];
    fprintf(stderr, "regret: the table has no run %s\n", key);
    exit(1);
}

typedef struct trial {
    double point[DIMENSIONS], values[EPOCHS];
    int64_t steps[EPOCHS];
} trial;

static trial trials[TRIALS_MOST];
static og__tried tried[TRIALS_MOST];
static og__curve curves[TRIALS_MOST];

static void propose(size_t number, int seed)
{
    double *point = trials[number].point;
    og__tpe_options options = og__tpe_options_default();
    if (number >= ACTS) {
        if (og__tpe_propose(&space, &options, number, tried, (uint64_t)seed, (int64_t)number, point) != OG_OK)
            exit(1);
        return;
    }
    for (int d = 0; d < DIMENSIONS; d++)
        point[d] = NAN;
    point[0] = (double)number;
    point[1] = 2;
    point[2] = 0;
    point[3 + number] = usual[number];
    point[6 + number] = 0;
}

static void tune(const og__pruner *pruner, int seed, int budget)
{
    og__pruner_rules rules = og__pruner_rules_default(EPOCHS, "tuned-configurations");
    char name[40];
    double best = 0;
    int spent = 0, printed = 0;
    snprintf(name, sizeof name, "tuned%d-configurations", seed); /* another name deals other brackets */
    rules.study = name;
    for (size_t t = 0; t < TRIALS_MOST && spent < budget; t++) {
        propose(t, seed);
        const double *run = find_run(trials[t].point);
        og__curve *curve = &curves[t];
        *curve = (og__curve){
            .number = (int64_t)t, .state = OG_TRIAL_RUNNING, .steps = trials[t].steps, .values = trials[t].values};
        while (curve->state == OG_TRIAL_RUNNING) {
            curve->steps[curve->count] = (int64_t)curve->count + 1;
            curve->values[curve->count] = run[curve->count];
            curve->count++;
            spent++;
            if (curve->count == EPOCHS)
                curve->state = OG_TRIAL_COMPLETE;
            else if (og__pruner_stops(pruner, &rules, t + 1, curves, t))
                curve->state = OG_TRIAL_PRUNED;
        }
        curve->value = curve->values[curve->count - 1];
        tried[t] = (og__tried){.number = (int64_t)t,
                               .state = curve->state == OG_TRIAL_COMPLETE ? OG_TRIED_COMPLETE : OG_TRIED_PRUNED,
                               .value = curve->value,
                               .last_step = (int64_t)curve->count,
                               .point = trials[t].point};
        for (; printed + EPOCHS < spent && printed < budget; printed += EPOCHS)
            printf("%s%.5f", printed ? "," : "", table.best - best);
        if (curve->state == OG_TRIAL_COMPLETE)
            best = fmax(best, curve->value);
    }
    for (; printed < budget; printed += EPOCHS)
        printf("%s%.5f", printed ? "," : "", table.best - best);
    printf("\n");
}

int main(int argc, char **argv)
{
    const og__pruner *pruner = argc == 4 ? og__pruner_find(argv[1]) : NULL;
    if (!pruner) {
        fprintf(stderr, "usage: regret PRUNER SEEDS EPOCHS < TABLE.csv\n");
        return 2;
    }
    read_table();
    for (int seed = 0; seed < atoi(argv[2]); seed++)
        tune(pruner, seed, atoi(argv[3]));
    return 0;
}
