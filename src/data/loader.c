/* A ring of batches. Worker threads take the next step's number, wait until its slot is free, and fill it; the caller
 * takes the slots in the order of the steps. Which thread makes a batch cannot be seen in it (batch.h). */
#include "data/loader.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "data/batch.h"
#include "data/dataset.h"

typedef struct slot {
    float *images;
    uint8_t *labels;
    bool full;
} slot;

struct og__loader {
    og__recipe recipe;
    int slot_count;
    slot *slots; /* (slot_count); step s goes into slot s % slot_count */
    int order_count;
    og__order *orders; /* (order_count) one per worker, or one for the caller when there are none */
    int thread_count;
    pthread_t *threads; /* (thread_count) running workers */
    double waited_s;

    pthread_mutex_t lock; /* guards what follows and slot.full */
    pthread_cond_t changed;
    int started;      /* workers that chose their order */
    uint64_t claimed; /* the next step that no worker has taken */
    uint64_t taken;   /* the next step that the caller gets */
    bool lent;        /* the caller holds the slot of step `taken` - 1 */
    bool closing;
};

/* --- workers ------------------------------------------------------------------------------------------------------ */

static slot *slot_of(const og__loader *loader, uint64_t step)
{
    return &loader->slots[step % (uint64_t)loader->slot_count];
}

/* The first step whose slot is not free yet: those before are given back or never used. */
static uint64_t free_until(const og__loader *loader)
{
    return loader->taken - (loader->lent ? 1 : 0) + (uint64_t)loader->slot_count;
}

static void *work(void *argument)
{
    og__loader *loader = argument;
    pthread_mutex_lock(&loader->lock);
    og__order *order = &loader->orders[loader->started++];
    for (;;) {
        while (!loader->closing && loader->claimed >= free_until(loader))
            pthread_cond_wait(&loader->changed, &loader->lock);
        if (loader->closing)
            break;
        uint64_t step = loader->claimed++;
        slot *into = slot_of(loader, step);
        pthread_mutex_unlock(&loader->lock);
        og__batch_make(&loader->recipe, step, order, into->images, into->labels);
        pthread_mutex_lock(&loader->lock);
        into->full = true;
        pthread_cond_broadcast(&loader->changed);
    }
    pthread_mutex_unlock(&loader->lock);
    return NULL;
}

/* Signals go to the program's own threads. */
static og_status start_workers(og__loader *loader, int threads)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (loader->thread_count < threads &&
           pthread_create(&loader->threads[loader->thread_count], NULL, work, loader) == 0)
        loader->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return loader->thread_count == threads
               ? OG_OK
               : og__fail(OG_ERR_MEMORY, "cannot start %d data threads, only %d; ask for fewer", threads,
                          loader->thread_count);
}

/* --- opening and closing ------------------------------------------------------------------------------------------ */

/* One lent, one ready and one per worker, as far as a quarter of the memory for pixels holds them; two at least. */
static int count_slots(const og__loader *loader, size_t slot_bytes)
{
    size_t room = loader->recipe.data->store.options.bound_bytes / 4 / slot_bytes;
    int wanted = loader->recipe.options.threads == 0 ? 1 : loader->recipe.options.threads + 2;
    return wanted <= 2 || (size_t)wanted <= room ? wanted : room < 2 ? 2 : (int)room;
}

static og_status make_slots(og__loader *loader)
{
    size_t plane, batch = (size_t)loader->recipe.options.batch;
    OG_TRY(og__product(
        &plane, 4, (size_t[]){batch, (size_t)loader->recipe.d, (size_t)loader->recipe.h, (size_t)loader->recipe.w}));
    loader->slot_count = count_slots(loader, plane * ((size_t)loader->recipe.channels * sizeof(float) + 1));
    OG_TRY(og__alloc((size_t)loader->slot_count, sizeof *loader->slots, &loader->slots));
    for (int s = 0; s < loader->slot_count; s++) {
        OG_TRY(og__alloc(plane, sizeof(float) * (size_t)loader->recipe.channels, &loader->slots[s].images));
        OG_TRY(og__alloc(plane, 1, &loader->slots[s].labels));
    }
    return OG_OK;
}

static og_status make_orders(og__loader *loader, int count)
{
    OG_TRY(og__alloc((size_t)count, sizeof *loader->orders, &loader->orders));
    for (; loader->order_count < count; loader->order_count++)
        OG_TRY(og__order_make(&loader->recipe, &loader->orders[loader->order_count]));
    return OG_OK;
}

og_status og__loader_open(const og_dataset *data, const og__loader_options *options, og__loader **loader)
{
    og_status status = OG_OK;
    og__loader *made;
    *loader = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->changed, NULL);
    made->claimed = made->taken = options->first_step;
    OG_GO(og__recipe_make(data, options, &made->recipe));
    OG_GO(make_slots(made));
    OG_GO(make_orders(made, options->threads == 0 ? 1 : options->threads));
    OG_GO(og__alloc((size_t)options->threads, sizeof *made->threads, &made->threads));
    OG_GO(start_workers(made, options->threads));
    *loader = made;
    made = NULL;
done:
    og__loader_close(made);
    return status;
}

void og__loader_close(og__loader *loader)
{
    if (!loader)
        return;
    pthread_mutex_lock(&loader->lock);
    loader->closing = true;
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
    for (int t = 0; t < loader->thread_count; t++)
        pthread_join(loader->threads[t], NULL);
    for (int s = 0; loader->slots && s < loader->slot_count; s++) {
        free(loader->slots[s].images);
        free(loader->slots[s].labels);
    }
    for (int t = 0; t < loader->order_count; t++)
        og__order_deinit(&loader->orders[t]);
    free(loader->slots);
    free(loader->orders);
    free(loader->threads);
    og__recipe_deinit(&loader->recipe);
    pthread_cond_destroy(&loader->changed);
    pthread_mutex_destroy(&loader->lock);
    free(loader);
}

/* --- taking batches ----------------------------------------------------------------------------------------------- */

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Give the slot that the caller held back to the workers and wait for the next one. */
static void wait_for_slot(og__loader *loader, slot *next)
{
    pthread_mutex_lock(&loader->lock);
    if (loader->lent)
        slot_of(loader, loader->taken - 1)->full = false;
    loader->lent = false;
    pthread_cond_broadcast(&loader->changed);
    while (!next->full)
        pthread_cond_wait(&loader->changed, &loader->lock);
    loader->taken++;
    loader->lent = true;
    pthread_mutex_unlock(&loader->lock);
}

og_status og__loader_next(og__loader *loader, og__batch *batch)
{
    const og__recipe *recipe = &loader->recipe;
    slot *next = slot_of(loader, loader->taken);
    double start_s = now_s();
    if (loader->thread_count == 0)
        og__batch_make(recipe, loader->taken++, &loader->orders[0], next->images, next->labels);
    else
        wait_for_slot(loader, next);
    loader->waited_s += now_s() - start_s;
    *batch = (og__batch){recipe->options.batch, recipe->channels, recipe->d, recipe->h, recipe->w,
                         next->images,          next->labels};
    return OG_OK;
}

size_t og__loader_steps_per_epoch(const og__loader *loader)
{
    return loader->recipe.steps_per_epoch;
}

size_t og__loader_batch_bytes(const og__loader *loader)
{
    const og__recipe *r = &loader->recipe;
    return (size_t)r->options.batch * (size_t)r->d * (size_t)r->h * (size_t)r->w *
           ((size_t)r->channels * sizeof(float) + 1);
}

void og__loader_patch(const og__loader *loader, int *d, int *h, int *w)
{
    *d = loader->recipe.d;
    *h = loader->recipe.h;
    *w = loader->recipe.w;
}

double og__loader_waited_s(const og__loader *loader)
{
    return loader->waited_s;
}
