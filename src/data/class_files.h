/* Files beside a data set that name its classes, and say which colours or values in masks they have. */
#ifndef OG_DATA_CLASS_FILES_H
#define OG_DATA_CLASS_FILES_H

#include "data/classes.h"

/*
 * Read the first of these files that a folder holds into `classes`; nothing when it holds none.
 *
 *   classes.txt        one name per line: mask values 0, 1, 2, ...
 *   class_dict.csv     header name, r, g, b (CamVid in colours, DeepGlobe)
 *   classes.csv        the same, or header index, name
 *   label_colors.txt   lines "r g b name" (CamVid)
 *   labelmap.txt       lines "name:r,g,b:parts:actions" (CVAT)
 */
og_status og__class_files_read(const char *folder, og__classes *classes);

#endif
