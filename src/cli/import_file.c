/* Loading, and the shape of the whole: lines, header, what belongs to an account. Fields are
 * checked in import_fields.c. */
#include "cli/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/import_fields.h"
#include "cli/import_index.h"
#include "cli/import_line.h"
#include "core/money.h"

const struct gb_import_kind_row gb_import_kinds[GB_IMPORT_KINDS] = {
    [GB_IMPORT_CREDIT] = {"credit", "/v1/pay-ins"},
    [GB_IMPORT_DEBIT] = {"debit", "/v1/pay-outs"},
};

static struct gb_import_file *file_with_room(size_t size)
{
    struct gb_import_file *file = calloc(1, sizeof(*file));
    GB_CHECK(file != NULL);
    file->data = malloc(size + 1);
    GB_CHECK(file->data != NULL);
    return file;
}

static void finish(struct gb_import_file *file, size_t size)
{
    file->size = size;
    file->data[size] = '\0';
    gb_sha256(file->data, size, file->digest);
}

struct gb_import_file *gb_import_file_of(const void *data, size_t size)
{
    struct gb_import_file *file = file_with_room(size);
    memcpy(file->data, data, size);
    finish(file, size);
    return file;
}

void gb_import_file_free(struct gb_import_file *file)
{
    if (!file)
        return;
    free(file->data);
    free(file->movements);
    free(file->accounts);
    free(file);
}

/* Reads up to `room` bytes; fewer when the file ends before. -1: errno says why. */
static ssize_t read_all(int fd, char *data, size_t room)
{
    size_t size = 0;
    while (size < room) {
        ssize_t got = read(fd, data + size, room - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        size += (size_t)got;
    }
    return (ssize_t)size;
}

static enum gb_result load(int fd, const char *path, struct gb_import_file **ret,
                           struct gb_err *err)
{
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0)
        return gb_err_set(err, GB_POISON, "FILE", "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return gb_err_set(err, GB_POISON, "FILE", "%s is not a regular file", path);
    if ((uint64_t)status.st_size > GB_IMPORT_FILE_BYTES_MAX)
        return gb_err_set(err, GB_POISON, "FILE", "%s is larger than %zu bytes: split it", path,
                          GB_IMPORT_FILE_BYTES_MAX);
    struct gb_import_file *file = file_with_room((size_t)status.st_size);
    ssize_t size = read_all(fd, file->data, (size_t)status.st_size);
    if (size < 0) {
        gb_import_file_free(file);
        return gb_err_set(err, GB_POISON, "FILE", "%s: %s", path, strerror(errno));
    }
    finish(file, (size_t)size);
    *ret = file;
    return GB_OK;
}

enum gb_result gb_import_file_load(const char *path, struct gb_import_file **ret,
                                   struct gb_err *err)
{
    *ret = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum gb_result result = load(fd, path, ret, err);
    if (fd >= 0)
        (void)close(fd);
    return result;
}

/* What reading needs beside the file. */
struct reading {
    struct gb_import_file *file;
    const struct gb_import_rules *rules;
    struct gb_import_problems *problems;
    struct gb_import_index *references, *accounts;
    uint32_t *reference_lines; /* where each reference stands first */
    uint32_t reference_lines_room;
    uint32_t line;
};

static void problem(struct reading *reading, const char *format, ...) GB_PRINTF(2, 3);

static void problem(struct reading *reading, const char *format, ...)
{
    struct gb_import_problems *problems = reading->problems;
    if (problems->count++ >= problems->printed_max)
        return;
    va_list words;
    fprintf(problems->out, "%s: line %u: ", problems->path, reading->line);
    va_start(words, format);
    vfprintf(problems->out, format, words);
    va_end(words);
    fputc('\n', problems->out);
}

/* Room for one more in an array that grows by doubling. */
static void *one_more(void *array, uint32_t count, uint32_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 1024;
    array = reallocarray(array, *room, size);
    GB_CHECK(array != NULL);
    return array;
}

static struct gb_import_account *find_account(struct reading *reading, const char *name)
{
    struct gb_import_file *file = reading->file;
    bool is_new;
    uint32_t number = gb_import_index_add(reading->accounts, name, &is_new);
    if (is_new) {
        file->accounts = one_more(file->accounts, file->accounts_count, &file->accounts_room,
                                  sizeof(*file->accounts));
        file->accounts[file->accounts_count++] = (struct gb_import_account){
            .name = name, .first = GB_IMPORT_NONE, .last = GB_IMPORT_NONE};
    }
    return &file->accounts[number];
}

static bool check_reference(struct reading *reading, const char *reference)
{
    bool is_new;
    uint32_t number = gb_import_index_add(reading->references, reference, &is_new);
    if (!is_new) {
        problem(reading, "reference %s stands already on line %u", reference,
                reading->reference_lines[number]);
        return false;
    }
    reading->reference_lines =
        one_more(reading->reference_lines, number, &reading->reference_lines_room,
                 sizeof(*reading->reference_lines));
    reading->reference_lines[number] = reading->line;
    return true;
}

/* Does the line's balance follow from the account's last one? An account's first line says where it
 * begins: with nothing, unless only credits are posted; a line behind one that is not sound is
 * believed. */
static void check_chain(struct reading *reading, const struct gb_import_account *account,
                        const struct gb_import_fields *fields)
{
    const char *kind = gb_import_kinds[fields->kind].name;
    int64_t change = fields->kind == GB_IMPORT_CREDIT ? fields->amount : -fields->amount;
    int64_t before = fields->balance_after - change; /* all are far below 2^63 */
    int64_t makes = account->balance + change;
    if (account->sound && before != account->balance)
        problem(reading, "balance_after_minor is %lld, but %lld and a %s of %lld make %lld",
                (long long)fields->balance_after, (long long)account->balance, kind,
                (long long)fields->amount, (long long)makes);
    else if (before < 0)
        problem(reading,
                "a %s of %lld leads to balance_after_minor %lld: account %s was below zero", kind,
                (long long)fields->amount, (long long)fields->balance_after, fields->account);
    else if (before > 0 && !account->begun && !reading->rules->only_credit)
        problem(reading,
                "account %s begins with %lld: its earlier movements are missing, and its debits "
                "could not be paid",
                fields->account, (long long)before);
}

static void keep_movement(struct reading *reading, struct gb_import_account *account,
                          const struct gb_import_fields *fields)
{
    struct gb_import_file *file = reading->file;
    uint32_t number = file->movements_count;
    file->movements =
        one_more(file->movements, number, &file->movements_room, sizeof(*file->movements));
    file->movements[number] = (struct gb_import_movement){
        .reference = fields->reference,
        .date = fields->date,
        .amount = fields->amount,
        .next = GB_IMPORT_NONE,
        .line = reading->line,
        .kind = fields->kind,
    };
    file->movements_count++;
    if (account->last == GB_IMPORT_NONE)
        account->first = number;
    else
        file->movements[account->last].next = number;
    account->last = number;
    account->count++;
}

/* A line whose fields are sound: what it says of its account. */
static void take_movement(struct reading *reading, struct gb_import_account *account,
                          const struct gb_import_fields *fields)
{
    struct gb_import_file *file = reading->file;
    bool only_credit = reading->rules->only_credit;
    check_chain(reading, account, fields);
    account->sound = true;
    account->balance = fields->balance_after;
    file->lines_of[fields->kind]++;
    if (fields->kind == GB_IMPORT_CREDIT && only_credit) {
        if (account->credits > GB_BALANCE_MAX - fields->amount) {
            problem(reading, "the credits of account %s come to more than %lld", fields->account,
                    (long long)GB_BALANCE_MAX);
            account->credits = 0; /* each time that it is passed is said once */
        }
        account->credits += fields->amount;
    }
    if (fields->kind == GB_IMPORT_CREDIT || !only_credit)
        keep_movement(reading, account, fields);
}

static void read_line(struct reading *reading, char *line, size_t size)
{
    char *texts[GB_IMPORT_FIELDS];
    size_t count;
    if (size == 0) {
        problem(reading, "is empty");
        return;
    }
    const char *wrong = gb_import_split(line, size, texts, GB_IMPORT_FIELDS, &count);
    if (wrong) {
        problem(reading, "%s", wrong);
        return;
    }
    if (count != GB_IMPORT_FIELDS) {
        problem(reading, "%zu field%s instead of %d", count, count == 1 ? "" : "s",
                GB_IMPORT_FIELDS);
        return;
    }
    struct gb_import_fields fields;
    char wrongs[GB_IMPORT_FIELDS][GB_IMPORT_WRONG_SIZE];
    size_t wrongs_count = gb_import_read_fields(texts, reading->rules->prefix, &fields, wrongs);
    for (size_t i = 0; i < wrongs_count; i++)
        problem(reading, "%s", wrongs[i]);
    bool sound = wrongs_count == 0;
    if (fields.reference)
        sound &= check_reference(reading, fields.reference);
    if (!fields.account)
        return;
    struct gb_import_account *account = find_account(reading, fields.account);
    if (sound)
        take_movement(reading, account, &fields);
    else
        account->sound = false;
    account->begun = true;
}

static void read_header(struct reading *reading, char *line, size_t size)
{
    static const char bom[] = "\xef\xbb\xbf";
    char *names[GB_IMPORT_FIELDS];
    size_t count, places = 0, found = 0;
    if (size >= 3 && memcmp(line, bom, 3) == 0) {
        line += 3;
        size -= 3;
    }
    const char *wrong = gb_import_split(line, size, names, GB_IMPORT_FIELDS, &count);
    size_t named = wrong ? 0 : count < GB_IMPORT_FIELDS ? count : GB_IMPORT_FIELDS;
    for (size_t i = 0; i < named; i++) {
        places += strcmp(names[i], gb_import_columns[i]) == 0;
        for (size_t j = 0; j < GB_IMPORT_FIELDS; j++)
            found += strcmp(names[i], gb_import_columns[j]) == 0;
    }
    if (!wrong && count == GB_IMPORT_FIELDS && places == GB_IMPORT_FIELDS)
        return;
    const char *what = "is not the header";
    if (found == GB_IMPORT_FIELDS)
        what = count == GB_IMPORT_FIELDS ? "the columns stand in another order"
                                         : "there are more columns";
    problem(reading, "%s; it must be: " GB_IMPORT_HEADER, what);
}

void gb_import_file_read(struct gb_import_file *file, const struct gb_import_rules *rules,
                         struct gb_import_problems *problems)
{
    struct reading reading = {
        .file = file,
        .rules = rules,
        .problems = problems,
        .references = gb_import_index_new(),
        .accounts = gb_import_index_new(),
    };
    char *at = file->data, *end = file->data + file->size;
    do {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        char *next = stop ? stop + 1 : end;
        stop = stop ? stop : end;
        if (stop > at && stop[-1] == '\r')
            stop--;
        reading.line++;
        if (reading.line == 1)
            read_header(&reading, at, (size_t)(stop - at));
        else
            read_line(&reading, at, (size_t)(stop - at));
        at = next;
    } while (at < end);
    gb_import_index_free(reading.references);
    gb_import_index_free(reading.accounts);
    free(reading.reference_lines);
}

int64_t gb_import_expected(const struct gb_import_account *account, bool only_credit)
{
    return only_credit ? account->credits : account->balance;
}
