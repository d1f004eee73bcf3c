package dev.backplane.natives.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import dev.backplane.natives.event.EventPoller;
import dev.backplane.natives.kvm.KvmBlock;
import dev.backplane.natives.kvm.KvmDoorbell;
import dev.backplane.natives.kvm.KvmRoute;
import dev.backplane.natives.kvm.KvmVcpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every call of KVM with a real answer, by guests of a few bytes in real mode. */
@Tag("kvm")
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class KvmTest {
    private static final int TSC = 0x10;
    private static final int PAT = 0x277;
    private static final int NO_SUCH_MSR = 0x4000_ffff;

    @Test
    void aPortWriteLeavesTheGuestAndAHaltEndsIt() throws HostException {
        // mov al, 0x42; out 0x80, al; in al, 0x81; hlt
        try (ToyGuest guest = ToyGuest.make(false, "b042 e680 e481 f4")) {
            assertEquals(12, guest.system.apiVersion());
            assertEquals(0x1234, guest.vcpu.translate(0x1234));
            assertEquals(ToyGuest.IO, guest.runToExit());
            assertEquals(0x80, guest.ioPort());
            assertEquals(0x42, guest.ioData().get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(ToyGuest.IO, guest.runToExit());
            assertEquals(0x81, guest.ioPort());
            guest.ioData().set(ValueLayout.JAVA_BYTE, 0, (byte) 0x17);
            assertEquals(ToyGuest.HLT, guest.runToExit());
            assertEquals(0x17, guest.register(0) & 0xff);
        }
    }

    @Test
    void anAccessBeyondMemoryLeavesTheGuest() throws HostException {
        // mov ax, 0xf000; mov ds, ax; mov dword [0x8000], 0x12345678; hlt
        try (ToyGuest guest = ToyGuest.make(false, "b800f0 8ed8 66c706008078563412 f4")) {
            assertEquals(ToyGuest.MMIO, guest.runToExit());
            MemorySegment area = guest.vcpu.area();
            assertEquals(0xf_8000L, area.get(ValueLayout.JAVA_LONG, 32));
            assertEquals(0x1234_5678, area.get(ValueLayout.JAVA_INT, 40));
            assertEquals(4, area.get(ValueLayout.JAVA_INT, 48));
            assertEquals(1, area.get(ValueLayout.JAVA_BYTE, 52));
            assertEquals(ToyGuest.HLT, guest.runToExit());
        }
    }

    @Test
    void aKickEndsAnEndlessLoopAndTheRunAfterIt() throws Exception {
        try (ToyGuest guest = ToyGuest.make(false, "ebfe")) {
            for (int i = 0; i < 5; i++) {
                CountDownLatch running = new CountDownLatch(1);
                Thread kicker = Thread.ofPlatform().start(() -> {
                    try {
                        running.await();
                        Thread.sleep(5);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    guest.vcpu.kick();
                    guest.vcpu.kick();
                });
                running.countDown();
                assertFalse(guest.vcpu.run());
                kicker.join();
                // The second kick may have come after the first was seen.
                guest.vcpu.kick();
                assertFalse(guest.vcpu.run());
            }
            assertEquals(0x1000, guest.register(128));
        }
    }

    @Test
    void aKickBeforeTheRunCompletesTheExitBeforeIt() throws HostException {
        try (ToyGuest guest = ToyGuest.make(false, "e480 f4")) {
            assertEquals(ToyGuest.IO, guest.runToExit());
            guest.ioData().set(ValueLayout.JAVA_BYTE, 0, (byte) 0x33);
            guest.vcpu.kick();
            assertFalse(guest.vcpu.run());
            assertEquals(0x33, guest.register(0) & 0xff);
            assertEquals(0x1002, guest.register(128));
        }
    }

    @Test
    void whoClosesAVcpuThatRunsEndsItsRun() throws Exception {
        try (ToyGuest guest = ToyGuest.make(false, "ebfe")) {
            Thread closer = Thread.ofPlatform().start(() -> {
                try {
                    Thread.sleep(20);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                guest.vcpu.close();
            });
            assertThrows(IllegalStateException.class, () -> {
                while (true) {
                    guest.vcpu.run();
                }
            });
            closer.join();
            assertThrows(IllegalStateException.class, guest.vcpu::tscKhz);
            guest.vcpu.kick();
        }
    }

    @Test
    void aTripleFaultIsAShutdown() throws HostException {
        // ud2 in protected mode, with a table of no vector
        try (ToyGuest guest = ToyGuest.make(false, "0f0b");
                Arena arena = Arena.ofConfined()) {
            MemorySegment sregs = arena.allocate(KvmBlock.SREGS.sizeBytes(), 8);
            guest.vcpu.read(KvmBlock.SREGS, sregs);
            sregs.set(ValueLayout.JAVA_SHORT, 216, (short) 0);
            sregs.set(ValueLayout.JAVA_LONG, 224, sregs.get(ValueLayout.JAVA_LONG, 224) | 1);
            guest.vcpu.write(KvmBlock.SREGS, sregs);
            assertEquals(ToyGuest.SHUTDOWN, guest.runToExit());
        }
    }

    @Test
    void registersUnknownToTheHostEndAListOfModelSpecificRegisters() throws HostException {
        try (ToyGuest guest = ToyGuest.make(false, "f4");
                Arena arena = Arena.ofConfined()) {
            MemorySegment msrs = arena.allocate(3L * KvmVcpu.MSR_BYTES, 8);
            msrs.set(ValueLayout.JAVA_INT, 0, PAT);
            msrs.set(ValueLayout.JAVA_INT, 16, NO_SUCH_MSR);
            msrs.set(ValueLayout.JAVA_INT, 32, TSC);
            assertEquals(1, guest.vcpu.readMsrs(msrs, 3));
            assertEquals(0x0007_0406_0007_0406L, msrs.get(ValueLayout.JAVA_LONG, 8));
            assertEquals(1, guest.vcpu.writeMsrs(msrs, 3));
        }
    }

    @Test
    void writtenPagesAreLogged() throws HostException {
        // mov [0x3000], al; hlt
        try (ToyGuest guest = ToyGuest.make(false, "a20030 f4");
                Arena arena = Arena.ofConfined()) {
            MemorySegment bitmap = arena.allocate(8, 8);
            guest.vm.writtenPages(0, bitmap);
            assertEquals(ToyGuest.HLT, guest.runToExit());
            guest.vm.writtenPages(0, bitmap);
            assertEquals(1 << 3, bitmap.get(ValueLayout.JAVA_LONG, 0) & 1 << 3);
            guest.vm.writtenPages(0, bitmap);
            assertEquals(0, bitmap.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    @Test
    void aDoorbellSignalsAndTheGuestGoesOn() throws HostException {
        // mov al, 7; out 0x50, al; inc al; out 0x50, al; hlt
        try (ToyGuest guest = ToyGuest.make(false, "b007 e650 fec0 e650 f4");
                EventCounter counter = guest.host.events().counter();
                EventPoller poller = guest.host.events().poller()) {
            KvmDoorbell seven = new KvmDoorbell(true, 0x50, 1, OptionalLong.of(7));
            guest.vm.connectDoorbell(counter, seven);
            poller.add(counter, 5);
            int[] keys = new int[4];
            assertEquals(0, poller.await(keys, Duration.ZERO));
            assertEquals(ToyGuest.IO, guest.runToExit());
            assertEquals(8, guest.ioData().get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(1, poller.await(keys, Duration.ofSeconds(10)));
            assertEquals(5, keys[0]);
            assertEquals(1, counter.take());
            guest.vm.disconnectDoorbell(counter, seven);
            assertEquals(ToyGuest.HLT, guest.runToExit());
        }
    }

    /** The local APIC in the host, interrupts by a route of the machine's: the split chip. */
    @Test
    void aCountersSignalIsAnInterrupt() throws Exception {
        // The APIC's page cannot be reached in real mode: it is enabled from the host's side.
        // sti; loop: hlt; jmp loop; at the vector: out 0x99, al; iret
        try (ToyGuest guest = ToyGuest.make(true, "fb f4 ebfd");
                EventCounter counter = guest.host.events().counter();
                Arena arena = Arena.ofConfined()) {
            guest.memory.segment().set(ValueLayout.JAVA_INT, 0x30 * 4, 0x1100);
            MemorySegment.copy(
                    new byte[] {(byte) 0xe6, (byte) 0x99, (byte) 0xcf},
                    0,
                    guest.memory.segment(),
                    ValueLayout.JAVA_BYTE,
                    0x1100,
                    3);
            MemorySegment apic = arena.allocate(1024, 8);
            guest.vcpu.read(KvmBlock.LAPIC, apic);
            apic.set(ValueLayout.JAVA_INT, 0xf0, 0x1ff);
            guest.vcpu.write(KvmBlock.LAPIC, apic);
            guest.vm.setRoutes(List.of(new KvmRoute(40, 0xfee0_0000L, 0x30)));
            guest.vm.connectInterrupt(counter, 40);
            Thread signaller = Thread.ofPlatform().start(() -> {
                try {
                    Thread.sleep(20);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                counter.signal();
            });
            assertEquals(ToyGuest.IO, guest.runToExit());
            assertEquals(0x99, guest.ioPort());
            signaller.join();
            guest.vm.disconnectInterrupt(counter, 40);
            assertTrue(guest.vm.signalMessage(0xfee0_0000L, 0x30));
        }
    }

    @Test
    void theClockAndTheTimeStampCounterCanBeSet() throws HostException {
        try (ToyGuest guest = ToyGuest.make(true, "f4")) {
            guest.vm.setClockNanos(5_000_000_000L);
            long now = guest.vm.clockNanos();
            assertTrue(now >= 5_000_000_000L && now < 60_000_000_000L, () -> "clock " + now);
            assertFalse(guest.vcpu.markClockStopped());
            int khz = guest.vcpu.tscKhz();
            assertTrue(khz > 100_000, () -> khz + " kHz");
            assertTrue(guest.vcpu.setTscKhz(khz));
            if (guest.vcpu.hasTscOffset()) {
                // Hosts on which user mode runs without hardware's help answer, but keep their own counter.
                long own = guest.vcpu.tscOffset();
                guest.vcpu.setTscOffset(own - 12345);
                long offset = guest.vcpu.tscOffset();
                assertTrue(offset == own || offset == own - 12345, () -> own + " became " + offset);
            }
        }
    }

    @Test
    void aVirtualThreadMayNotRunAVcpu() throws Exception {
        try (ToyGuest guest = ToyGuest.make(false, "f4")) {
            Throwable[] thrown = new Throwable[1];
            Thread.ofVirtual()
                    .start(() -> thrown[0] = assertThrows(IllegalStateException.class, guest.vcpu::run))
                    .join();
            assertTrue(thrown[0].getMessage().contains("platform thread"));
        }
    }
}
