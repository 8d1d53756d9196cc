#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    static const char text[] = "\nogive: stopping after the next checkpoint; once more to stop at once\n";
    int saved = errno;
    (void)number;
    caught = 1;
    if (isatty(STDERR_FILENO) && write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        /* nothing can be done about it here */
    }
    errno = saved;
}

void interrupt_catch(void)
{
    /* SA_RESETHAND gives the second signal its usual effect; SA_RESTART keeps files' reads and writes whole. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupted(void)
{
    return caught;
}
