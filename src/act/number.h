/* Numbers as text, the same in every locale. */
#ifndef OG_ACT_NUMBER_H
#define OG_ACT_NUMBER_H

enum { OG_NUMBER_BYTES = 40 };

/* The number that a text starts with. */
double og__number_read(const char *text);

/* The shortest decimal that reads back as the same double, or the same float. Writes at most OG_NUMBER_BYTES. */
void og__number_format(double number, char *text);
void og__number_format_float(float number, char *text);

/* The double nearest to a float's shortest decimal: 0.1 for 0.1f. */
double og__number_of_float(float number);

/* A float32 constant of C, exact: "0x1.8p+1f". Infinity for what float32 cannot hold. */
void og__number_format_c(double number, char *text);

#endif
