#include <string.h>

#include "api/openapi.h"
#include "http/problem.h"

/* docs/openapi.yaml, byte for byte. */
__asm__(".pushsection .rodata\n"
        "gb_openapi_yaml: .incbin \"" GB_OPENAPI_FILE "\"\n"
        "gb_openapi_yaml_end: .byte 0\n"
        ".balign 8\n"
        "gb_openapi_yaml_size: .quad gb_openapi_yaml_end - gb_openapi_yaml\n"
        ".popsection\n");
extern const char gb_openapi_yaml[];
extern const uint64_t gb_openapi_yaml_size;

bool gb_api_serve_openapi(struct gb_http_request *http)
{
    static const struct gb_http_field allow = {"Allow", "GET, HEAD"};
    static const struct gb_problem wrong = {
        .status = 405,
        .code = "METHOD_NOT_ALLOWED",
        .title = "Method not allowed",
        .detail = "Allow lists the methods",
    };
    if (strcmp(gb_http_path(http), "/openapi.yaml") != 0)
        return false;
    const char *method = gb_http_method(http);
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        gb_problem_respond(http, &wrong, &allow, 1);
    else
        gb_http_respond(http, 200, NULL, 0, "application/yaml",
                        (struct gb_bytes){gb_openapi_yaml, (size_t)gb_openapi_yaml_size});
    return true;
}
