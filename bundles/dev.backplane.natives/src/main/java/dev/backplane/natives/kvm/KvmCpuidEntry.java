package dev.backplane.natives.kvm;

/**
 * One answer to CPUID ({@code kvm_cpuid_entry2}).
 *
 * @param function EAX of the question
 * @param index ECX of the question
 * @param indexed whether {@code index} matters (KVM_CPUID_FLAG_SIGNIFCANT_INDEX)
 */
public record KvmCpuidEntry(int function, int index, boolean indexed, int eax, int ebx, int ecx, int edx) {}
