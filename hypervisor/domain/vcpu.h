/* Between the files of domain/: the making of a vcpu. */
#ifndef ENSO_DOMAIN_VCPU_H
#define ENSO_DOMAIN_VCPU_H

struct domain;
struct vcpu;

/* Memory of a vcpu, in reset state, without anything that needs the domain's number. NULL: none. */
struct vcpu *vcpu_alloc(struct domain *d, unsigned int id);
/* Joins it to the shared page and the scheduler; down. */
void vcpu_attach(struct vcpu *v);
/* Drops every reference that it holds to the domain's memory. It doesn't run any more. */
void vcpu_teardown(struct vcpu *v);
/* It may run. Not while a sibling moves its vcpu_info, which it only may while it is down. */
void vcpu_up(struct vcpu *v);
void vcpu_free(struct vcpu *v);

#endif
