package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Registers;
import dev.backplane.x86.state.Vector;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** vCPUs of one partition on threads of their own: locked operations, and code that somebody else writes. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class SeveralVcpusTest {
    private static final long DATA = 0x40_0000_0000L;
    private final TestMachine first = new TestMachine().userMode(DATA);
    private final TestMachine second = new TestMachine(first).userMode(DATA);
    private final List<Thread> threads = new ArrayList<>();

    private void start(TestMachine machine) {
        var thread = new Thread(machine::run);
        thread.start();
        threads.add(thread);
    }

    private void join() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        first.cpu.raise(Registers.KICK);
        second.cpu.raise(Registers.KICK);
        join();
    }

    private void bothCount(String increment, long address, int count) throws InterruptedException {
        // l: increment; dec ecx; jnz l
        int length = increment.length() / 2;
        String loop = increment + "ffc9" + "75%02x".formatted(256 - length - 4);
        first.code(loop);
        second.code(loop);
        for (TestMachine machine : List.of(first, second)) {
            machine.cpu.r[Gpr.RBX] = address;
            machine.cpu.r[Gpr.RCX] = count;
            start(machine);
        }
        join();
        assertEquals(Vector.UD, first.vector);
        assertEquals(Vector.UD, second.vector);
    }

    @Test
    void lockedAdditionsOfEverySizeAreNotLost() throws InterruptedException {
        String[] increments = {"f0fe03", "66f0ff03", "f0ff03", "f048ff03"};
        int[] bytes = {1, 2, 4, 8};
        for (int n = 0; n < increments.length; n++) {
            first.memory(TestMachine.DATA + 0x40, 0);
            bothCount(increments[n], DATA + 0x40 + bytes[n] % 8, 50_000);
            long total = first.memory(TestMachine.DATA + 0x40 + bytes[n] % 8);
            assertEquals(Sizes.unsigned(100_000, bytes[n]), Sizes.unsigned(total, bytes[n]), increments[n]);
        }
    }

    @Test
    void lockedAdditionsAcrossAlignmentAreNotLost() throws InterruptedException {
        bothCount("f048ff03", DATA + 0x7D, 20_000);
        assertEquals(40_000, first.memory(TestMachine.DATA + 0x7D));
    }

    @Test
    void exchangedPairsOfQuadwordsMeetPlainStores() throws InterruptedException {
        // One vCPU increments the low half by plain locked addition, the other both halves at once by cmpxchg16b.
        first.code("f048ff03 ffc9 75f8");
        // l: mov rax,[rsi]; mov rdx,[rsi+8]; mov rbx,rax; inc rbx; lea rcx,[rdx+1]; lock cmpxchg16b [rsi]; jnz l; dec
        // edi; jnz l
        second.code(0x800, HexFormat.of().parseHex("488b06488b56084889c348ffc3488d4a01f0480fc70e75e8ffcf75e4"));
        first.cpu.r[Gpr.RBX] = DATA + 0x100;
        first.cpu.r[Gpr.RCX] = 30_000;
        second.cpu.r[Gpr.RSI] = DATA + 0x100;
        second.cpu.r[Gpr.RDI] = 30_000;
        start(first);
        start(second);
        join();
        assertEquals(Vector.UD, first.vector);
        assertEquals(Vector.UD, second.vector);
        assertEquals(60_000, first.memory(TestMachine.DATA + 0x100));
        assertEquals(30_000, first.memory(TestMachine.DATA + 0x108));
    }

    @Test
    void codeWrittenByAnotherVcpuIsSeen() throws InterruptedException {
        // l: mov eax, 0; test eax, eax; jz l
        first.code("b800000000 85c0 74f7");
        start(first);
        // mov dword [rbx], 7: the immediate of the loop's first instruction
        second.code(0x800, HexFormat.of().parseHex("c70307000000"));
        second.cpu.r[Gpr.RBX] = TestMachine.CODE + 1;
        Thread.sleep(50);
        start(second);
        join();
        assertEquals(Vector.UD, first.vector);
        assertEquals(7, first.cpu.r[Gpr.RAX]);
    }

    @Test
    void codeWrittenByADeviceIsSeen() throws InterruptedException {
        first.code("b800000000 85c0 74f7");
        start(first);
        Thread.sleep(50);
        first.ram.bytes().set(ValueLayout.JAVA_BYTE, TestMachine.CODE + 1, (byte) 9);
        first.ram.written(TestMachine.CODE + 1, 1);
        join();
        assertEquals(9, first.cpu.r[Gpr.RAX]);
    }

    @Test
    void storesWithAWriteEntryFromBeforeTheDecodingAreSeen() throws InterruptedException {
        // l: mov eax, imm; cmp eax, 1; jne l
        first.code(0x1000, HexFormat.of().parseHex("b800000000" + "83f801" + "75f6"));
        // The second vCPU counts in that immediate before the first decodes it: mov [rbx], ecx; dec ecx; jnz l
        second.code(0x800, HexFormat.of().parseHex("890bffc975fa"));
        second.map(TestMachine.CODE + 0x1000, TestMachine.CODE + 0x1000);
        second.cpu.r[Gpr.RBX] = TestMachine.CODE + 0x1001;
        second.cpu.r[Gpr.RCX] = 3_000_000;
        start(second);
        Thread.sleep(30);
        start(first);
        join();
        assertTrue(first.vector == Vector.UD && first.cpu.r[Gpr.RAX] == 1);
    }

    @Test
    void pagesAreMarkedAgainAfterProtectPages() throws InterruptedException {
        first.code("890b ffc9 75fa");
        first.cpu.r[Gpr.RBX] = DATA;
        first.cpu.r[Gpr.RCX] = 0;
        start(first);
        for (int n = 0; n < 100; n++) {
            // A write between the two is in the page, if not in the bit, when protectPages returns.
            first.ram.takeDirty((int) (TestMachine.DATA >> 18));
            first.ram.protectPages();
            while ((first.ram.takeDirty((int) (TestMachine.DATA >> 18)) >>> (TestMachine.DATA >> 12 & 63) & 1) == 0) {
                Thread.sleep(1);
            }
        }
    }
}
