package dev.backplane.natives.kvm;

import java.util.OptionalLong;

/**
 * A guest's write that signals an event counter instead of leaving the guest (KVM_IOEVENTFD).
 *
 * @param port whether it goes to a port, else to memory
 * @param address the port or the guest-physical address
 * @param sizeBytes 1, 2, 4 or 8; 0: any, where the value does not matter
 * @param value the only value that counts, if it matters
 */
public record KvmDoorbell(boolean port, long address, int sizeBytes, OptionalLong value) {}
