package dev.backplane.natives.kvm;

/**
 * The message that an interrupt number stands for ({@code kvm_irq_routing_msi}).
 *
 * @param number the global interrupt number
 * @param address the message's address (Intel SDM 3A, 12.11.1)
 * @param data the message's data
 */
public record KvmRoute(int number, long address, int data) {}
