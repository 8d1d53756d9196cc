/* Ctrl-C asks the work to stop at the next safe point; a second one ends the program at once. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* Catch SIGINT and SIGTERM from here on. */
void interrupt_catch(void);

/* Whether one arrived. */
bool interrupted(void);

#endif
