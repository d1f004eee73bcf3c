package dev.backplane.scheduler.credit.internal;

/** One machine: in Xen's words a domain. Guarded by the run queue. */
final class CreditDomain {
    int weight;
    int cap;

    /** Its part of what is handed out; while that is decided. */
    long income;

    final CreditVcpu[] vcpus;

    CreditDomain(int weight, int cap, int vcpus) {
        this.weight = weight;
        this.cap = cap;
        this.vcpus = new CreditVcpu[vcpus];
    }

    int active() {
        int active = 0;
        for (CreditVcpu vcpu : vcpus) {
            active += vcpu.active ? 1 : 0;
        }
        return active;
    }
}
