#include "chinese.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct entry {
    const char *english, *chinese;
    bool stem;
} entry;

static const entry entries[] = {
#define OG_CHINESE(english, chinese) {english, chinese, false},
#define OG_CHINESE_STEM(english, chinese) {english, chinese, true},
#include "chinese.def"
#undef OG_CHINESE
#undef OG_CHINESE_STEM
};

static bool fits(const entry *e, const char *english)
{
    return e->stem ? strncmp(e->english, english, strlen(e->english)) == 0 : strcmp(e->english, english) == 0;
}

const char *translate(og_language language, const char *english, char room[TRANSLATION_BYTES])
{
    const entry *found = NULL;
    for (size_t i = 0; language == OG_LANGUAGE_CHINESE && i < sizeof entries / sizeof entries[0]; i++)
        if (fits(&entries[i], english) && (!found || (found->stem && !entries[i].stem)))
            found = &entries[i];
    if (!found)
        return english;
    snprintf(room, TRANSLATION_BYTES, "%s%s", found->chinese, english + strlen(found->english));
    return room;
}
