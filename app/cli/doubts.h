/* What the user should know about an activation before training with it. */
#ifndef CLI_DOUBTS_H
#define CLI_DOUBTS_H

/* Print to standard error what a library's name was taken for, and the doubts about a use, one line each; nothing for
 * "", and nothing where the use itself is wrong, which training tells. */
void doubts_print(const char *use);

/* Take the next of comma-separated uses off a list; commas within parentheses or quotes do not separate. Released with
 * free(); NULL at the end. */
char *uses_next(const char **uses);

/* The same for comma-separated uses; commas within parentheses or quotes do not separate. */
void doubts_print_list(const char *uses);

#endif
