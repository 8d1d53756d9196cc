#include "study/store_notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/store_sql.h"

enum { PIECE_CHARACTERS = 2045 }; /* what an attribute holds in every database that Optuna knows */

static const char note_version[] = "dashboard:note_ver", own_version[] = "ogive:note_ver";

/* Bytes of the first characters of a UTF-8 text. */
static size_t piece_bytes(const char *text)
{
    size_t bytes = 0;
    for (int characters = 0; text[bytes];) {
        bool begins = ((unsigned char)text[bytes] & 0xC0) != 0x80;
        if (begins && characters++ == PIECE_CHARACTERS)
            break;
        bytes++;
    }
    return bytes;
}

typedef struct text_call {
    int64_t study;
    const char *prefix, *text;
    bool written; /* of a note */
} text_call;

static og_status set_text(og__database *database, void *context)
{
    const text_call *call = context;
    OG_TRY(og__database_run(
        database, "DELETE FROM study_system_attributes WHERE study_id = $1 AND substr(\"key\", 1, $2) = $3",
        VALUES(og__sql_int(call->study), og__sql_int((int64_t)strlen(call->prefix)), og__sql_text(call->prefix)),
        NULL));
    const char *at = call->text;
    for (int i = 0; *at; i++) {
        char key[512];
        size_t bytes = piece_bytes(at);
        snprintf(key, sizeof key, "%s%d", call->prefix, i);
        OG_TRY(og__sql_set_attribute(database, OG_OWNER_STUDY_SYSTEM, call->study, key, json_stringn(at, bytes)));
        at += bytes;
    }
    return OG_OK;
}

og_status og__store_set_text(og__store *store, int64_t study, const char *prefix, const char *text)
{
    return og__database_transact(store->database, set_text,
                                 &(text_call){.study = study, .prefix = prefix, .text = text});
}

static og_status read_version(og__database *database, og__attribute_owner owner, int64_t study, const char *key,
                              int64_t *version)
{
    json_t *value;
    OG_TRY(og__sql_get_attribute(database, owner, study, key, &value));
    *version = json_is_integer(value) ? json_integer_value(value) : 0;
    json_decref(value);
    return OG_OK;
}

/* Whoever edits a note raises its version. */
static og_status set_note(og__database *database, void *context)
{
    text_call *call = context;
    int64_t version, own;
    OG_TRY(read_version(database, OG_OWNER_STUDY_SYSTEM, call->study, note_version, &version));
    OG_TRY(read_version(database, OG_OWNER_STUDY_USER, call->study, own_version, &own));
    call->written = version == own;
    if (!call->written)
        return OG_OK;
    OG_TRY(set_text(database, call));
    OG_TRY(
        og__sql_set_attribute(database, OG_OWNER_STUDY_SYSTEM, call->study, note_version, json_integer(version + 1)));
    return og__sql_set_attribute(database, OG_OWNER_STUDY_USER, call->study, own_version, json_integer(version + 1));
}

og_status og__store_set_note(og__store *store, int64_t study, const char *text, bool *written)
{
    text_call call = {.study = study, .prefix = "dashboard:note_str:", .text = text};
    og_status status = og__database_transact(store->database, set_note, &call);
    *written = status == OG_OK && call.written;
    return status;
}

typedef struct attach_call {
    int64_t trial;
    const char *id, *name, *media_type;
} attach_call;

/* Optuna keeps a JSON text within the attribute's JSON. */
static og_status attach(og__database *database, void *context)
{
    const attach_call *call = context;
    char key[512];
    json_t *meta = json_pack("{s:s, s:s, s:s, s:n}", "artifact_id", call->id, "filename", call->name, "mimetype",
                             call->media_type, "encoding");
    char *text = meta ? json_dumps(meta, JSON_COMPACT) : NULL;
    json_decref(meta);
    json_t *value = text ? json_string(text) : NULL;
    free(text);
    snprintf(key, sizeof key, "artifacts:%s", call->id);
    return og__sql_set_attribute(database, OG_OWNER_TRIAL_SYSTEM, call->trial, key, value);
}

og_status og__store_attach(og__store *store, int64_t trial, const char *id, const char *name, const char *media_type)
{
    return og__database_transact(store->database, attach, &(attach_call){trial, id, name, media_type});
}
