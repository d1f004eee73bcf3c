package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import dev.backplane.testkit.guest.SmallGuest;
import dev.backplane.x86.apic.ApicBus;
import dev.backplane.x86.apic.ApicPort;
import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.fpu.X87Family;
import dev.backplane.x86.interp.Engine;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.simd.SimdFamily;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Platform;
import dev.backplane.x86.state.Seg;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A machine of 4 MiB with one vCPU and what a small guest needs: tables at fixed places, and for every vector a handler that
 * halts, so that a test sees which vector came and what its frame holds. The clock is moved by hand; the TSC has 2 GHz.
 */
final class Guest {
    static final long GDT = 0x1000;
    static final long IDT = 0x2000;
    static final long TSS = 0x3000;
    static final long HANDLERS = 0x4000;
    static final long IST1 = 0x6000;
    static final long STACK0 = 0x7000;
    static final long STACK3 = 0x7800;
    static final long CODE = 0x8000;
    static final long TABLES = 0x10000;

    static final int CODE32 = 0x08;
    static final int DATA = 0x10;
    static final int USER_CODE32 = 0x1b;
    static final int USER_DATA = 0x23;
    static final int CODE64 = 0x28;
    static final int TSS_SELECTOR = 0x30;
    static final int USER_CODE64 = 0x43;
    /** First of the entries that tests fill. */
    static final int FREE = 0x48;

    static final long FLAT_CODE32 = 0x00cf_9a00_0000_ffffL;
    static final long FLAT_CODE64 = 0x00af_9a00_0000_ffffL;
    static final long FLAT_DATA = 0x00cf_9200_0000_ffffL;
    static final long DPL3 = 3L << 45;
    static final long PRESENT = 1L << 47;

    final MemorySegment bytes = Arena.ofAuto().allocate(4 << 20, 4096);
    final GuestRam ram = new GuestRam(bytes);
    final List<String> ports = new ArrayList<>();
    final Cpu cpu;
    final LocalApic apic;
    final ApicBus bus;
    final VcpuSystem system;
    final Engine engine;
    long nanos = 1_000_000;
    int portValue = -1;

    Guest() {
        this("x86-64-v2");
    }

    Guest(String modelName) {
        CpuModel model = CpuModel.named(modelName).orElseThrow();
        VcpuClock clock = new VcpuClock(clock());
        cpu = new Cpu(ram, platform(), 0);
        apic = new LocalApic(0, clock, new ApicPort() {
            @Override
            public void wake() {
                cpu.raise(Cpu.INTERRUPT | (apic().nmiPending() ? Cpu.NMI : 0));
            }

            @Override
            public void endOfInterrupt(int vector) {
                ports.add("eoi " + vector);
            }

            @Override
            public void timerDue(long dueNanos) {}
        });
        bus = new ApicBus(List.of(apic));
        CpuidTable cpuid = CpuidTable.of(model, 0, 2, 2_000_000_000L);
        system = new VcpuSystem(cpu, ram, model, cpuid, apic, clock, () -> 0x1234_5678_9abc_def0L);
        engine = new Engine(
                cpu,
                new Decoder(model.features()),
                system.events(),
                List.of(system, new X87Family(), new SimdFamily()));
    }

    private LocalApic apic() {
        return apic;
    }

    private Platform platform() {
        return new Platform() {
            @Override
            public int portIn(int port, int size) {
                ports.add("in %x %d".formatted(port, size));
                return portValue;
            }

            @Override
            public void portOut(int port, int size, int value) {
                ports.add("out %x %d %x".formatted(port, size, value));
                if (port == SmallGuest.END_PORT) {
                    cpu.raise(Cpu.KICK);
                }
            }

            @Override
            public long mmioRead(long address, int size) {
                return address >>> 12 == apic.mmioPage() >>> 12
                        ? apic.readPage((int) address & 0xfff, size)
                        : -1L >>> 64 - 8 * size;
            }

            @Override
            public void mmioWrite(long address, int size, long value) {
                if (address >>> 12 == apic.mmioPage() >>> 12) {
                    apic.writePage((int) address & 0xfff, size, value);
                }
            }

            @Override
            public int acknowledgeInterrupt() {
                return apic.acknowledge();
            }

            @Override
            public long timestamp() {
                return nanos * 2;
            }
        };
    }

    private GuestClock clock() {
        return new GuestClock() {
            @Override
            public long nanos() {
                return nanos;
            }

            @Override
            public long tscHz() {
                return 2_000_000_000L;
            }

            @Override
            public long tsc() {
                return nanos * 2;
            }

            @Override
            public long nanosAtTsc(long tsc) {
                return tsc >= 0 ? Math.ceilDiv(tsc, 2) : Long.MAX_VALUE;
            }

            @Override
            public Instant wall() {
                return Instant.ofEpochSecond(1_700_000_000L);
            }

            @Override
            public GuestTimer timer(Runnable handler) {
                throw new UnsupportedOperationException();
            }
        };
    }

    // ---- memory -----------------------------------------------------------------------------------------------------

    Guest put(long at, String hex) {
        byte[] code = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
        MemorySegment.copy(code, 0, bytes, ValueLayout.JAVA_BYTE, at, code.length);
        cpu.mmu.codeWritten(at, code.length);
        return this;
    }

    Guest put16(long at, long value) {
        bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) value);
        return this;
    }

    Guest put32(long at, long value) {
        bytes.set(ValueLayout.JAVA_INT_UNALIGNED, at, (int) value);
        return this;
    }

    Guest put64(long at, long value) {
        bytes.set(ValueLayout.JAVA_LONG_UNALIGNED, at, value);
        return this;
    }

    long get16(long at) {
        return bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff;
    }

    long get32(long at) {
        return bytes.get(ValueLayout.JAVA_INT_UNALIGNED, at) & 0xffff_ffffL;
    }

    long get64(long at) {
        return bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    }

    Guest descriptor(int selector, long descriptor) {
        return put64(GDT + (selector & ~7), descriptor);
    }

    static long segment(long base, long limit, int access, int flags) {
        return limit & 0xffff
                | (base & 0xff_ffff) << 16
                | (long) access << 40
                | (limit >>> 16 & 0xf) << 48
                | (long) flags << 52
                | (base >>> 24 & 0xff) << 56;
    }

    static long gate(int selector, long offset, int access, int low) {
        return offset & 0xffff
                | (long) selector << 16
                | (long) low << 32
                | (long) access << 40
                | (offset >>> 16 & 0xffff) << 48;
    }

    // ---- modes ------------------------------------------------------------------------------------------------------

    /** Real mode at {@link #CODE}, stack at {@link #STACK0}, all vectors at halting handlers. */
    Guest real() {
        for (int segment = Seg.ES; segment <= Seg.GS; segment++) {
            cpu.selector[segment] = 0;
            cpu.segmentBase[segment] = 0;
        }
        cpu.rip = CODE;
        cpu.r[Gpr.RSP] = STACK0;
        for (int vector = 0; vector < 256; vector++) {
            put32(vector * 4L, HANDLERS + vector * 16L);
        }
        handlers();
        cpu.idtLimit = 0x3ff;
        cpu.modeChanged();
        return this;
    }

    /** 32-bit protected mode without paging, ring 0, interrupts off. */
    Guest protected32() {
        tables();
        for (int vector = 0; vector < 256; vector++) {
            put64(IDT + vector * 8L, gate(CODE32, HANDLERS + vector * 16L, 0x8e, 0));
        }
        cpu.idtLimit = 0x7ff;
        cpu.cr0 = Bits.CR0_PE | Bits.CR0_ET;
        enter(CODE32);
        return this;
    }

    /** 64-bit mode with an identity map for everybody, ring 0, interrupts off. */
    Guest long64() {
        tables();
        for (int vector = 0; vector < 256; vector++) {
            put64(IDT + vector * 16L, gate(CODE64, HANDLERS + vector * 16L, 0x8e, 0))
                    .put64(IDT + vector * 16L + 8, 0);
        }
        cpu.idtLimit = 0xfff;
        paging();
        cpu.efer = Bits.EFER_LME | Bits.EFER_LMA | Bits.EFER_SCE | Bits.EFER_NXE;
        cpu.cr4 = Bits.CR4_PAE;
        cpu.cr3 = TABLES;
        cpu.cr0 = Bits.CR0_PE | Bits.CR0_PG | Bits.CR0_ET | Bits.CR0_WP;
        enter(CODE64);
        return this;
    }

    /** Four-level tables that map the RAM one to one in 2 MiB pages, and the APIC's page. */
    Guest paging() {
        put64(TABLES, TABLES + 0x1007).put64(TABLES + 0x1000, TABLES + 0x2007).put64(TABLES + 0x1018, TABLES + 0x3007);
        put64(TABLES + 0x2000, 0x87).put64(TABLES + 0x2008, 0x200087);
        put64(TABLES + 0x3000 + 8 * 0x1f7, 0xfee0_0087L);
        return this;
    }

    private void tables() {
        descriptor(CODE32, FLAT_CODE32).descriptor(DATA, FLAT_DATA);
        descriptor(USER_CODE32, FLAT_CODE32 | DPL3).descriptor(USER_DATA, FLAT_DATA | DPL3);
        descriptor(CODE64, FLAT_CODE64).descriptor(USER_CODE64, FLAT_CODE64 | DPL3);
        descriptor(TSS_SELECTOR, segment(TSS, 0x67, 0x8b, 0));
        cpu.gdtBase = GDT;
        cpu.gdtLimit = 0xff;
        cpu.idtBase = IDT;
        handlers();
        // ESP0 and SS0, or RSP0; IST1; no map of ports.
        put64(TSS + 4, STACK0).put64(TSS + 0x24, IST1).put16(TSS + 0x66, 0x68);
        cpu.selector[Seg.TR] = TSS_SELECTOR;
        cpu.segmentBase[Seg.TR] = TSS;
        cpu.segmentLimit[Seg.TR] = 0x67;
        cpu.segmentAttributes[Seg.TR] = 0x8b;
    }

    private void handlers() {
        for (int vector = 0; vector < 256; vector++) {
            put(HANDLERS + vector * 16L, "f4");
        }
    }

    private void enter(int codeSelector) {
        if (codeSelector == CODE32) {
            put32(TSS + 8, DATA);
        }
        for (int segment : new int[] {Seg.ES, Seg.SS, Seg.DS, Seg.FS, Seg.GS}) {
            SegmentLoader.set(cpu, segment, DATA, FLAT_DATA);
        }
        SegmentLoader.set(cpu, Seg.CS, codeSelector, get64(GDT + codeSelector));
        SegmentLoader.setNull(cpu, Seg.LDTR, 0);
        cpu.cpl = 0;
        cpu.rip = CODE;
        cpu.r[Gpr.RSP] = STACK0 - 0x100;
        cpu.mmu.flushAll();
        cpu.modeChanged();
    }

    /** Ring 3 with its own stack, in the mode that is on. */
    Guest user() {
        boolean wide = (cpu.efer & Bits.EFER_LMA) != 0;
        int code = wide ? USER_CODE64 : USER_CODE32;
        for (int segment : new int[] {Seg.ES, Seg.SS, Seg.DS, Seg.FS, Seg.GS}) {
            SegmentLoader.set(cpu, segment, USER_DATA, FLAT_DATA | DPL3);
        }
        SegmentLoader.set(cpu, Seg.CS, code, get64(GDT + (code & ~7)));
        cpu.cpl = 3;
        cpu.r[Gpr.RSP] = STACK3;
        cpu.modeChanged();
        return this;
    }

    // ---- running ----------------------------------------------------------------------------------------------------

    /** Puts code at {@link #CODE} and runs it until it halts. */
    Guest run(String hex) {
        put(CODE, hex);
        cpu.rip = CODE;
        return run();
    }

    Guest run() {
        cpu.halted = false;
        assertEquals(Stop.HALTED, engine.run(), this::toString);
        return this;
    }

    Stop runToStop(String hex) {
        put(CODE, hex);
        cpu.rip = CODE;
        return engine.run();
    }

    /** The vector whose handler halted, or -1. */
    int vector() {
        long rip = cpu.rip + (cpu.long64 ? 0 : cpu.segmentBase[Seg.CS]);
        long offset = rip - 1 - HANDLERS;
        return offset >= 0 && offset < 4096 && offset % 16 == 0 ? (int) offset / 16 : -1;
    }

    /** Doubleword or quadword {@code index} of the frame at the stack pointer. */
    long frame(int index) {
        int size = cpu.long64 ? 8 : (cpu.cr0 & Bits.CR0_PE) != 0 ? 4 : 2;
        long at = cpu.segmentBase[Seg.SS] + cpu.r[Gpr.RSP] + (long) index * size;
        return size == 8 ? get64(at) : size == 4 ? get32(at) : get16(at);
    }

    Guest expect(int vector) {
        assertEquals(vector, vector(), this::toString);
        return this;
    }

    /** Expects a vector with an error code on top of its frame, and the faulting instruction behind it. */
    Guest expect(int vector, int errorCode, long rip) {
        expect(vector);
        assertEquals(Integer.toHexString(errorCode), Long.toHexString(frame(0)), "error code");
        assertEquals(Long.toHexString(rip), Long.toHexString(frame(1)), "rip in the frame");
        return this;
    }

    @Override
    public String toString() {
        return "rip %x cs %x ss %x rsp %x cpl %d cr2 %x fault %d error %x gpr %s"
                .formatted(
                        cpu.rip,
                        cpu.selector[Seg.CS],
                        cpu.selector[Seg.SS],
                        cpu.r[Gpr.RSP],
                        cpu.cpl,
                        cpu.cr2,
                        cpu.faultVector,
                        cpu.faultError,
                        Arrays.toString(
                                Arrays.stream(cpu.r).mapToObj(Long::toHexString).toArray()));
    }
}
