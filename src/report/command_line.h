/* The command that trains what a study found. */
#ifndef OG_REPORT_COMMAND_LINE_H
#define OG_REPORT_COMMAND_LINE_H

#include "study/study.h"

/**
 * Write "ogive train DATA -o NAME ..." with every option that is not the default: those of the study's question, and a
 * run's own settings.
 *
 * @param line   released with free()
 */
og_status og__command_line(const og__study *study, const json_t *settings, const char *name, char **line);

#endif
