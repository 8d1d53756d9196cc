/* The tables of a store: those of Optuna 3.2 to 5, complete, so that its tools open the store (version rows included).
 *
 * Source: Optuna's storages/_rdb/models.py; Alembic revision v3.2.0.a. */
#ifndef OG_STUDY_SCHEMA_H
#define OG_STUDY_SCHEMA_H

#include "study/database.h"

/**
 * Make what is missing of the tables.
 *
 * @return OG_OK, or OG_ERR_FORMAT for a database with tables of another version
 */
og_status og__schema_make(og__database *database);

#endif
