package dev.backplane.cpu.kvm.internal;

/** None: what could be chosen is the machine's or the host's. */
public record KvmOptions() {}
