/* How threads wait for one another between the short parallel parts of a pass. */
#ifndef CLI_WAITING_H
#define CLI_WAITING_H

/* Let them spin for about as long as a sleep and a wake-up take, and then sleep: near the best on an idle machine, and
 * no collapse where other programs want the same cores. Runs the program anew, because its OpenMP library reads the
 * environment while it is loaded; returns where the environment already says how to wait, or when that is not possible.
 *
 * @param argv   of main(), NULL at the end */
void wait_briefly(char *const *argv);

#endif
