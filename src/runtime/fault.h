/* fault.h: labelled points at which a test can make the process die, by environment:
 * GEOBILL_FAULT="engine.before_commit:3" kills (SIGKILL) at the third passing of that point and
 * writes "fault fired" to standard error before. Costs one load when unset; a value that cannot be
 * read aborts. Any thread. */
#ifndef GB_RUNTIME_FAULT_H
#define GB_RUNTIME_FAULT_H

void gb_fault_point(const char *name);

#endif
