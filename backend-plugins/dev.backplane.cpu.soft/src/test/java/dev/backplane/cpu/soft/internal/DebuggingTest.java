package dev.backplane.cpu.soft.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.debug.DebuggableVcpu;
import dev.backplane.api.debug.StopPoint;
import dev.backplane.api.debug.StopPoint.Kind;
import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.testkit.cpu.StartStates;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A vCPU as a debugger has it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DebuggingTest {
    private static final long CODE = StartStates.CODE;
    private static final long DATA = 0xa000;
    /** mov ecx, 3; again: inc dword [0xa000]; cmp ecx, 1; je behind; dec ecx; jmp again; behind: nop; hlt. */
    private static final String LOOP = "b903000000 ff0500a00000 83f901 7403 49 ebf2 90 f4";

    private static final long AGAIN = CODE + 5;
    private static final long COMPARE = CODE + 11;
    private static final long JUMP = CODE + 14;

    private final TestKernel kernel = new TestKernel(1);
    private final Partition partition = make();
    private final Vcpu vcpu = partition.vcpu(0);
    private final DebuggableVcpu debugged = (DebuggableVcpu) vcpu;

    private Partition make() {
        try {
            return new SoftBackend().create(new SoftOptions(), kernel);
        } catch (ConfigurationException e) {
            throw new AssertionError(e);
        }
    }

    private void start(String code) {
        kernel.put(CODE, code);
        partition.load(0, StartStates.protectedMode(0, CODE));
    }

    private long rip() {
        return partition.state(0).rip();
    }

    private long rcx() {
        return partition.state(0).general()[1];
    }

    private static StopPoint code(long address) {
        return new StopPoint(Kind.EXECUTE, address, 1);
    }

    private void expectStop(StopPoint point, long address) throws CpuException {
        assertEquals(Stop.DEBUG, vcpu.run());
        assertEquals(DebugStop.at(point, address), debugged.debugStop().orElseThrow());
    }

    @Test
    void breakpointStopsBeforeItsInstructionEachTimeItIsReached() throws CpuException {
        start(LOOP);
        debugged.stopPoints(List.of(code(AGAIN)));
        for (int left = 3; left > 0; left--) {
            debugged.proceed(false);
            expectStop(code(AGAIN), AGAIN);
            assertEquals(AGAIN, rip());
            assertEquals(left, rcx());
            assertEquals(1 + (3 - left) * 5L, partition.statistics().get("instructions"));
        }
        debugged.proceed(false);
        assertEquals(Stop.HALTED, vcpu.run());
    }

    /** Decoded code is dropped when points change; a comparison and its jump are one operation otherwise. */
    @Test
    void breakpointBetweenComparisonAndJumpIsMetInCodeThatHasRun() throws CpuException {
        start(LOOP);
        assertEquals(Stop.HALTED, vcpu.run());
        start(LOOP);
        debugged.stopPoints(List.of(code(JUMP), code(COMPARE)));
        for (int n = 0; n < 3; n++) {
            debugged.proceed(false);
            expectStop(code(COMPARE), COMPARE);
            debugged.proceed(false);
            expectStop(code(JUMP), JUMP);
        }
        debugged.proceed(false);
        assertEquals(Stop.HALTED, vcpu.run());
    }

    @Test
    void guestReadsItsOwnBytesAtABreakpoint() throws CpuException {
        // mov eax, [CODE + 5]; mov [0xa000], eax; hlt, with a breakpoint on the second
        start("a1%02x%02x0000 a300a00000 f4".formatted(CODE + 5 & 0xff, CODE >> 8 & 0xff));
        debugged.stopPoints(List.of(code(CODE + 5)));
        debugged.proceed(false);
        expectStop(code(CODE + 5), CODE + 5);
        assertEquals(0x00a000a3, partition.state(0).general()[0]);
    }

    @Test
    void stepExecutesOneInstructionWhateverBreakpointItHas() throws CpuException {
        start(LOOP);
        debugged.stopPoints(List.of(code(CODE), code(AGAIN)));
        long[] rips = {AGAIN, COMPARE, JUMP, JUMP + 2, JUMP + 3, AGAIN, COMPARE};
        for (long rip : rips) {
            debugged.proceed(true);
            assertEquals(Stop.DEBUG, vcpu.run());
            assertEquals(
                    DebugStop.of(DebugStop.Cause.STEP), debugged.debugStop().orElseThrow());
            assertEquals(rip, rip());
        }
    }

    @Test
    void interruptWaitsWhileStepping() throws CpuException {
        start("fb 90 90 f4");
        debugged.proceed(true);
        vcpu.run();
        debugged.proceed(true);
        vcpu.run();
        partition.message(0xfee0_0000L, 0x50);
        debugged.proceed(true);
        assertEquals(Stop.DEBUG, vcpu.run());
        assertEquals(CODE + 3, rip());
    }

    @Test
    void watchpointStopsBehindTheInstructionThatWrites() throws CpuException {
        start(LOOP);
        StopPoint watch = new StopPoint(Kind.WRITE, DATA + 1, 2);
        debugged.stopPoints(List.of(watch));
        debugged.proceed(false);
        expectStop(watch, DATA + 1);
        assertEquals(COMPARE, rip());
        debugged.proceed(false);
        expectStop(watch, DATA + 1);
        assertEquals(2, rcx());
    }

    @Test
    void readWatchpointIsNotMetByStoresNorByNeighbours() throws CpuException {
        // mov [0xa000], eax; mov eax, [0xa008]; mov al, [0xa003]; hlt
        start("a300a00000 a108a00000 a003a00000 f4");
        StopPoint watch = new StopPoint(Kind.READ, DATA, 4);
        debugged.stopPoints(List.of(watch));
        debugged.proceed(false);
        expectStop(watch, DATA + 3);
        assertEquals(CODE + 15, rip());
    }

    @Test
    void watchpointStopsARepeatedStoreWithinTheInstruction() throws CpuException {
        // mov edi, 0x9000; mov ecx, 0x2000; rep stosb; hlt
        start("bf00900000 b900200000 f3aa f4");
        StopPoint watch = new StopPoint(Kind.ACCESS, DATA + 7, 1);
        debugged.stopPoints(List.of(watch));
        debugged.proceed(false);
        expectStop(watch, DATA + 7);
        assertEquals(0x2000 - 0x1008, rcx());
        assertEquals(CODE + 10, rip());
        debugged.stopPoints(List.of());
        debugged.proceed(false);
        assertEquals(Stop.HALTED, vcpu.run());
        assertEquals(0, rcx());
    }

    @Test
    void nothingIsLeftWhenPointsAreTakenAway() throws CpuException {
        start(LOOP);
        debugged.stopPoints(List.of(code(AGAIN), new StopPoint(Kind.WRITE, DATA, 4)));
        debugged.proceed(false);
        assertEquals(Stop.DEBUG, vcpu.run());
        debugged.stopPoints(List.of());
        debugged.proceed(false);
        assertEquals(Stop.HALTED, vcpu.run());
    }

    @Test
    void traceTellsInstructionsExceptionsAndAccesses() throws CpuException {
        List<String> lines = new ArrayList<>();
        Set<TraceKind> kinds = EnumSet.allOf(TraceKind.class);
        debugged.trace(kinds, (index, kind, address, text) -> lines.add(kind + " " + text.replaceAll(" +", " ")));
        // mov al, 1; out 0x80, al; cmp al, 1; je +0; ud2, without a table of handlers
        start("b001 e680 3c01 7400 0f0b");
        assertEquals(Stop.SHUTDOWN, vcpu.run());
        String all = String.join("\n", lines);
        assertTrue(all.contains("EXEC %016x b0 01 mov al,0x1".formatted(CODE)), all);
        assertTrue(all.contains("IO write port 0080, 1 bytes: 01"), all);
        assertTrue(all.contains("EXEC %016x 74 00 je 0x%x".formatted(CODE + 6, CODE + 8)), all);
        assertTrue(all.contains("EXEC %016x 0f 0b ud2".formatted(CODE + 8)), all);
        assertTrue(all.contains("IRQ #UD at "), all);
        assertTrue(all.contains("MMU "), all);
    }

    @Test
    void reportOfATripleFaultNamesExceptionsCauseCodeAndStack() throws CpuException {
        // lidt of zeros; ud2
        start("0f011d00b00000 0f0b f4");
        assertEquals(Stop.SHUTDOWN, vcpu.run());
        String report = debugged.report();
        assertTrue(report.contains("#UD at "), report);
        assertTrue(report.contains("#DF(0000)"), report);
        assertTrue(report.contains("the interrupt table's limit 0x0 has no entry for #UD"), report);
        assertTrue(report.contains("-> %016x  0f 0b".formatted(CODE + 7)), report);
        assertTrue(report.contains("lidt ds:0xb000"), report);
        assertTrue(report.contains("protected mode, 32-bit code, paging off"), report);
        assertTrue(report.contains("stack at "), report);
    }
}
