/* fault.h: labelled points at which a test can make the process die, by environment:
 * GEOBILL_FAULT="engine.before_commit:3" kills (SIGKILL) at the third passing of that point. Costs
 * one load when unset. */
#ifndef GB_RUNTIME_FAULT_H
#define GB_RUNTIME_FAULT_H

void gb_fault_point(const char *name);

#endif
