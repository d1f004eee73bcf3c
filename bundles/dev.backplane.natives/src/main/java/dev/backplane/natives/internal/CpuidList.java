package dev.backplane.natives.internal;

import dev.backplane.natives.kvm.KvmCpuidEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** {@code kvm_cpuid2}: how many, then function, index, flags, EAX, EBX, ECX, EDX each. */
final class CpuidList {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private CpuidList() {}

    /** Room for the kernel's answer. */
    static MemorySegment empty(Arena arena) {
        MemorySegment list = allocate(arena, KvmRequests.MOST_CPUID_ENTRIES);
        list.set(INT, 0, KvmRequests.MOST_CPUID_ENTRIES);
        return list;
    }

    static List<KvmCpuidEntry> read(MemorySegment list) {
        List<KvmCpuidEntry> entries = new ArrayList<>();
        int count = list.get(INT, 0);
        for (int i = 0; i < count; i++) {
            long at = at(i);
            entries.add(new KvmCpuidEntry(
                    list.get(INT, at),
                    list.get(INT, at + 4),
                    (list.get(INT, at + 8) & KvmRequests.CPUID_INDEXED) != 0,
                    list.get(INT, at + 12),
                    list.get(INT, at + 16),
                    list.get(INT, at + 20),
                    list.get(INT, at + 24)));
        }
        return List.copyOf(entries);
    }

    static MemorySegment of(Arena arena, List<KvmCpuidEntry> entries) {
        MemorySegment list = allocate(arena, entries.size());
        list.set(INT, 0, entries.size());
        for (int i = 0; i < entries.size(); i++) {
            KvmCpuidEntry entry = entries.get(i);
            long at = at(i);
            list.set(INT, at, entry.function());
            list.set(INT, at + 4, entry.index());
            list.set(INT, at + 8, entry.indexed() ? KvmRequests.CPUID_INDEXED : 0);
            list.set(INT, at + 12, entry.eax());
            list.set(INT, at + 16, entry.ebx());
            list.set(INT, at + 20, entry.ecx());
            list.set(INT, at + 24, entry.edx());
        }
        return list;
    }

    private static MemorySegment allocate(Arena arena, int count) {
        return arena.allocate(at(count), 8);
    }

    private static long at(int index) {
        return KvmRequests.CPUID_HEADER + (long) index * KvmRequests.CPUID_ENTRY;
    }
}
