package dev.backplane.cpu.bt.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two vCPUs that run translated code on the same memory. */
@Timeout(60)
class SeveralVcpusTest {
    private static final long SECOND_CODE = BtMachine.CODE + 0x1000;
    private static final long FUNCTION = BtMachine.CODE + 0x2000;

    private BtMachine first;
    private BtMachine second;

    @BeforeEach
    void open() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
        first = new BtMachine(Fidelity.USUAL);
        second = new BtMachine(first, 1);
        for (long page = BtMachine.CODE; page <= FUNCTION; page += 0x1000) {
            first.map(page, page);
        }
        first.map(BtMachine.DATA, BtMachine.DATA);
        first.map(BtMachine.STACK, BtMachine.STACK);
        first.userMode();
        second.userMode();
    }

    @AfterEach
    void close() {
        if (first != null) {
            first.close();
            second.close();
        }
    }

    @Test
    void lockedAdditionsOfTwoVcpusAreAllThere() throws InterruptedException {
        // L: lock inc qword [rbx]; lock add dword [rbx+12],3 (across its alignment by two); dec ecx; jnz L
        String code = "f048ff03 f083430e03 ffc9 75f3";
        place(first, BtMachine.CODE, code);
        place(second, SECOND_CODE, code);
        first.cpu.r[Gpr.RCX] = 20_000;
        second.cpu.r[Gpr.RCX] = 20_000;
        runBoth();
        assertEquals(40_000, first.ram.bytes().get(ValueLayout.JAVA_LONG, BtMachine.DATA));
        assertEquals(120_000, first.ram.bytes().get(ValueLayout.JAVA_INT_UNALIGNED, BtMachine.DATA + 14));
    }

    @Test
    void storesThenLoadsWithAFenceBetweenNeverBothMissTheOther() throws InterruptedException {
        // Each round: own flag = round; mfence; read the other's; wait for the other to end the round.
        // A vCPU that sees the other's old round counts it; both must not in the same round.
        // mov [rbx],ecx; mfence; mov eax,[rsi]; mov [rdi+rcx*4],eax; mov [rbp],ecx; W: cmp [rdx],ecx; jb W; inc ecx;
        // cmp ecx,r8d; jb
        String code = "890b 0faef0 8b06 89048f 894d00 390a 72fc ffc1 4439c1 72e8";
        place(first, BtMachine.CODE, code);
        place(second, SECOND_CODE, code);
        int rounds = 900;
        long data = BtMachine.DATA;
        first.cpu.r[Gpr.RBX] = data;
        first.cpu.r[Gpr.RSI] = data + 64;
        first.cpu.r[Gpr.RBP] = data + 128;
        first.cpu.r[Gpr.RDX] = data + 192;
        first.cpu.r[Gpr.RDI] = BtMachine.STACK;
        second.cpu.r[Gpr.RBX] = data + 64;
        second.cpu.r[Gpr.RSI] = data;
        second.cpu.r[Gpr.RBP] = data + 192;
        second.cpu.r[Gpr.RDX] = data + 128;
        second.cpu.r[Gpr.RDI] = BtMachine.DATA + 256;
        for (BtMachine machine : new BtMachine[] {first, second}) {
            machine.cpu.r[Gpr.RCX] = 1;
            machine.cpu.r[Gpr.R8] = rounds;
        }
        runBoth();
        for (int round = 1; round < rounds; round++) {
            int seenByFirst = first.ram.bytes().get(ValueLayout.JAVA_INT, BtMachine.STACK + 4L * round);
            int seenBySecond = first.ram.bytes().get(ValueLayout.JAVA_INT, BtMachine.DATA + 256 + 4L * round);
            assertEquals(true, seenByFirst >= round || seenBySecond >= round, "round " + round);
        }
    }

    @Test
    void codeThatAnotherVcpuRewritesIsSeen() throws InterruptedException {
        // L: call FUNCTION; cmp eax,ebx; jne L
        place(first, BtMachine.CODE, "e8fb1f0000 39d8 75f7");
        // mov ecx,100; L: mov [rsi],cl; pause; dec ecx; jnz L
        place(second, SECOND_CODE, "b964000000 880e f390 ffc9 75f8");
        first.code(FUNCTION, HexFormat.of().parseHex("b800000000c3"));
        first.cpu.r[Gpr.RBX] = 1;
        second.cpu.r[Gpr.RSI] = FUNCTION + 1;
        runBoth();
        assertEquals(1, first.cpu.r[Gpr.RAX]);
    }

    private static void place(BtMachine machine, long at, String hex) {
        machine.code(at, HexFormat.of().parseHex(hex.replace(" ", "")));
        machine.cpu.rip = at;
        machine.cpu.r[Gpr.RSP] = BtMachine.STACK + 0xF00;
        machine.cpu.r[Gpr.RBX] = BtMachine.DATA;
        machine.cpu.setFlags(Bits.IF | 2);
    }

    private void runBoth() throws InterruptedException {
        var failure = new AtomicReference<Throwable>();
        Thread other = Thread.ofPlatform()
                .uncaughtExceptionHandler((t, e) -> failure.set(e))
                .start(() -> run(second));
        run(first);
        other.join();
        assertNull(failure.get());
        assertEquals(6, first.vector);
        assertEquals(6, second.vector);
    }

    private static void run(BtMachine machine) {
        machine.vector = -1;
        while (machine.vector < 0) {
            machine.translation.run();
        }
    }
}
