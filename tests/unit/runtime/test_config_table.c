/* The real table: every row is sound, and an ordinary file loads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/config.h"
#include "unit/runtime/cm.h"

static void every_row_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < gb_settings_count; i++) {
        const struct gb_setting *row = &gb_settings[i];
        assert_true(strlen(row->section) > 0 && strlen(row->key) > 0);
        assert_true(strlen(row->about) > 10 && strchr(row->about, '|') == NULL);
        assert_int_equal(row->about[strlen(row->about) - 1], '.');
        if (row->kind == GB_SETTING_INT) {
            assert_non_null(row->fallback);
            long long fallback = strtoll(row->fallback, NULL, 10);
            assert_true(fallback >= row->min && fallback <= row->max);
        } else {
            assert_true(row->min == 0 && row->max == 0);
        }
        assert_true(row->kind != GB_SETTING_BOOL || row->fallback != NULL);
    }
}

static void no_row_stands_twice_and_sections_stand_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < gb_settings_count; i++) {
        bool left = false;
        for (size_t j = i + 1; j < gb_settings_count; j++) {
            bool same = strcmp(gb_settings[i].section, gb_settings[j].section) == 0;
            assert_false(same && strcmp(gb_settings[i].key, gb_settings[j].key) == 0);
            assert_false(same && left);
            left = left || !same;
        }
    }
}

static const char ordinary[] = "[datacenter]\ncode=dc1\ncatalogue=dc1\n"
                               "[postgres]\nconninfo=host=127.0.0.1 port=5501 dbname=geobill\n"
                               "[kafka.dc1]\nbootstrap.servers=127.0.0.1:9101\n"
                               "security.protocol=sasl_ssl\n"
                               "[kafka.dc2]\nbootstrap.servers=127.0.0.1:9102\n"
                               "[peer.dc2]\napi=http://127.0.0.1:8102\n"
                               "[topics]\npartitions=8\n"
                               "[api]\nlisten=127.0.0.1:8101\n"
                               "[publisher]\nwake=unix:/run/dc1.wake\nlisten=127.0.0.1:8111\n"
                               "[consumer]\nlisten=127.0.0.1:8121\n"
                               "[projector]\nlisten=127.0.0.1:8131\n";

static void an_ordinary_file_loads(void **state)
{
    (void)state;
    char path[] = "/tmp/test_config_table.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, ordinary, sizeof(ordinary) - 1), sizeof(ordinary) - 1);
    struct gb_config *config;
    struct gb_err err = {.message = ""};
    if (gb_config_load(path, NULL, 0, &config, &err) != GB_OK)
        fail_msg("%s", err.message);
    assert_string_equal(gb_config_text(config, "datacenter", "code"), "dc1");
    assert_int_equal(gb_config_int(config, "topics", "partitions"), 8);
    assert_int_equal(gb_config_int(config, "topics", "replication"), 1);
    assert_string_equal(gb_config_text(config, "kafka.dc1", "security.protocol"), "sasl_ssl");
    assert_string_equal(gb_config_text(config, "postgres", "user_api"), "geobill_api");
    gb_config_free(config);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_sound),
        cmocka_unit_test(no_row_stands_twice_and_sections_stand_together),
        cmocka_unit_test(an_ordinary_file_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
