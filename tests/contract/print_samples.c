/* The frozen samples for decoders that share no code with ours: a line for each, kind, bytes in hex
 * and JSON separated by tabs. */
#include <stdio.h>

#include "unit/wire/samples.h"

int main(void)
{
    for (size_t i = 0; i < SAMPLES_COUNT; i++)
        printf("%s\t%s\t%s\n", gb_message_type(SAMPLES[i].kind), SAMPLES[i].hex, SAMPLES[i].json);
    return 0;
}
