#include "runtime/config.h"

int main(void)
{
    gb_config_document(stdout);
    return 0;
}
