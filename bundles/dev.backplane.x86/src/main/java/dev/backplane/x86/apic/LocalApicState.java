package dev.backplane.x86.apic;

import dev.backplane.api.cpu.VcpuState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A local APIC as {@link VcpuState.Apic}: the page of table 12-1, in which a whole state fits but for the deadlines. While
 * its vCPU does not run.
 */
final class LocalApicState {
    private static final int PAGE_BYTES = 4096;
    private static final ValueLayout.OfInt DWORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private LocalApicState() {}

    static VcpuState.Apic save(LocalApic apic) {
        byte[] bytes = new byte[PAGE_BYTES];
        MemorySegment page = MemorySegment.ofArray(bytes);
        RegisterFile registers = apic.registers();
        for (int register = ApicRegister.ID; register <= ApicRegister.DIVIDE; register += 0x10) {
            long value = registers.readMsr(register);
            if (value != RegisterFile.FAULT) {
                page.set(DWORD, register, (int) value);
            }
        }
        page.set(DWORD, ApicRegister.DFR, apic.destination().format());
        if (!apic.isX2()) {
            page.set(DWORD, ApicRegister.ICR_HIGH, apic.command().high());
        }
        ApicTimer timer = apic.timer();
        long due = timer.mode() == ApicTimer.TSC_DEADLINE || timer.dueNanos() == ApicTimer.NEVER ? 0 : timer.dueNanos();
        return new VcpuState.Apic(
                apic.base(), bytes, apic.isX2() ? apic.command().high() : 0, due);
    }

    /** Restores all but IA32_TSC_DEADLINE, which is an MSR of the state and is written after the TSC is. */
    static void load(LocalApic apic, VcpuState.Apic state) {
        MemorySegment page = MemorySegment.ofArray(state.registers());
        apic.mode().load(state.base());
        apic.init();
        apic.setSpurious(page.get(DWORD, ApicRegister.SVR));
        apic.vectors().setTaskPriority(page.get(DWORD, ApicRegister.TPR));
        apic.destination().load(page.get(DWORD, ApicRegister.LDR), page.get(DWORD, ApicRegister.DFR), apic.isX2());
        apic.command()
                .load(
                        page.get(DWORD, ApicRegister.ICR_LOW),
                        apic.isX2() ? state.icrHigh() : page.get(DWORD, ApicRegister.ICR_HIGH));
        apic.errors().load(page.get(DWORD, ApicRegister.ESR));
        for (int register = ApicRegister.LVT_TIMER; LocalVectorTable.contains(register); register += 0x10) {
            // Firmware's LINT0 = ExtINT may stand unmasked in an APIC that is not enabled yet.
            apic.table().set(register, page.get(DWORD, register), true);
        }
        loadVectors(apic.vectors().isr(), page, ApicRegister.ISR);
        loadVectors(apic.vectors().tmr(), page, ApicRegister.TMR);
        loadVectors(apic.vectors().irr(), page, ApicRegister.IRR);
        apic.timer()
                .restore(
                        LocalVectorTable.timerMode(page.get(DWORD, ApicRegister.LVT_TIMER)),
                        page.get(DWORD, ApicRegister.DIVIDE),
                        page.get(DWORD, ApicRegister.INITIAL_COUNT) & 0xffff_ffffL,
                        state.timerDeadline());
    }

    private static void loadVectors(VectorSet set, MemorySegment page, int bank) {
        for (int vector = 0; vector < 256; vector++) {
            int word = page.get(DWORD, bank + (vector >>> 5) * 0x10);
            if ((word >>> (vector & 31) & 1) != 0) {
                set.set(vector);
            }
        }
    }
}
