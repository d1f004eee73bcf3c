package dev.backplane.natives.internal;

import dev.backplane.natives.kvm.KvmBlock;

/** Request numbers, sizes and offsets of {@code linux/kvm.h} and {@code asm/kvm.h} on x86-64. */
final class KvmRequests {
    static final long GET_API_VERSION = 0xae00L;
    static final long CREATE_VM = 0xae01L;
    static final long CHECK_EXTENSION = 0xae03L;
    static final long GET_VCPU_MMAP_SIZE = 0xae04L;
    static final long GET_SUPPORTED_CPUID = 0xc008_ae05L;
    static final long CREATE_VCPU = 0xae41L;
    static final long GET_DIRTY_LOG = 0x4010_ae42L;
    static final long SET_USER_MEMORY_REGION = 0x4020_ae46L;
    static final long SET_TSS_ADDR = 0xae47L;
    static final long SET_IDENTITY_MAP_ADDR = 0x4008_ae48L;
    static final long SET_GSI_ROUTING = 0x4008_ae6aL;
    static final long IRQFD = 0x4020_ae76L;
    static final long IOEVENTFD = 0x4040_ae79L;
    static final long SET_CLOCK = 0x4030_ae7bL;
    static final long GET_CLOCK = 0x8030_ae7cL;
    static final long RUN = 0xae80L;
    static final long TRANSLATE = 0xc018_ae85L;
    static final long INTERRUPT = 0x4004_ae86L;
    static final long GET_MSRS = 0xc008_ae88L;
    static final long SET_MSRS = 0x4008_ae89L;
    static final long SET_CPUID2 = 0x4008_ae90L;
    static final long SET_TSC_KHZ = 0xaea2L;
    static final long GET_TSC_KHZ = 0xaea3L;
    static final long ENABLE_CAP = 0x4068_aea3L;
    static final long SIGNAL_MSI = 0x4020_aea5L;
    static final long KVMCLOCK_CTRL = 0xaeadL;
    static final long SET_DEVICE_ATTR = 0x4018_aee1L;
    static final long GET_DEVICE_ATTR = 0x4018_aee2L;
    static final long HAS_DEVICE_ATTR = 0x4018_aee3L;

    // struct kvm_run
    static final int RUN_IMMEDIATE_EXIT = 1;

    // struct kvm_cpuid2: a header, then elements
    static final int CPUID_HEADER = 8;
    static final int CPUID_ENTRY = 40;
    static final int CPUID_INDEXED = 1;
    static final int MOST_CPUID_ENTRIES = 256;

    // struct kvm_irq_routing: a header, then elements
    static final int ROUTING_HEADER = 8;
    static final int ROUTING_ENTRY = 48;
    static final int ROUTING_MSI = 2;

    // struct kvm_msrs: a header, then elements
    static final int MSRS_HEADER = 8;

    static final int MEMORY_REGION_SIZE = 32;
    static final int MEMORY_LOG_DIRTY_PAGES = 1;
    static final int DIRTY_LOG_SIZE = 16;
    static final int ENABLE_CAP_SIZE = 104;
    static final int IRQFD_SIZE = 32;
    static final int IRQFD_DEASSIGN = 1;
    static final int IOEVENTFD_SIZE = 64;
    static final int IOEVENTFD_DATAMATCH = 1;
    static final int IOEVENTFD_PORT = 2;
    static final int IOEVENTFD_DEASSIGN = 4;
    static final int MSI_SIZE = 32;
    static final int CLOCK_SIZE = 48;
    static final int TRANSLATION_SIZE = 24;
    static final int DEVICE_ATTR_SIZE = 24;

    private KvmRequests() {}

    /** The request that reads a part of a vCPU's state. */
    static long read(KvmBlock block) {
        return switch (block) {
            case REGS -> 0x8090_ae81L;
            case SREGS -> 0x8138_ae83L;
            case LAPIC -> 0x8400_ae8eL;
            case EVENTS -> 0x8040_ae9fL;
            case DEBUGREGS -> 0x8080_aea1L;
            case XSAVE -> 0x9000_aea4L;
            case XCRS -> 0x8188_aea6L;
            case MP_STATE -> 0x8004_ae98L;
        };
    }

    /** The request that writes a part of a vCPU's state: numbered one higher, and with the other direction. */
    static long write(KvmBlock block) {
        return read(block) - 0x4000_0000L + 1;
    }
}
