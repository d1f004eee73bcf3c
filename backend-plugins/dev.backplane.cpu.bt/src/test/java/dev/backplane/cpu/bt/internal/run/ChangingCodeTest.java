package dev.backplane.cpu.bt.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Code that changes itself, is changed by a device, and threads that want a vCPU back from a loop. */
@Timeout(20)
class ChangingCodeTest {
    private BtMachine machine;

    @BeforeEach
    void open() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
        machine = new BtMachine(Fidelity.USUAL).userMode();
        machine.map(BtMachine.CODE, BtMachine.CODE);
        machine.map(BtMachine.CODE + 0x1000, BtMachine.CODE + 0x1000);
        machine.map(BtMachine.STACK, BtMachine.STACK);
    }

    @AfterEach
    void close() {
        if (machine != null) {
            machine.close();
        }
    }

    @Test
    void aLoopThatRewritesItsOwnNextInstructionSeesEachVersion() {
        // mov ecx,100; xor ebx,ebx; L: mov [rip+1],cl; mov eax,0; add rbx,rax; dec ecx; jnz L
        start("b964000000 31db 880d01000000 b800000000 4801c3 ffc9 75ee");
        machine.run(true);
        assertEquals(5050, machine.cpu.r[Gpr.RBX]);
    }

    @Test
    void aSubroutineThatIsRewrittenBetweenCallsDoesTheNewThing() {
        // mov ecx,50; xor ebx,ebx; L: mov [rip+0xff1],cl; call 0x11000; add rbx,rax; dec ecx; jnz L
        start("b932000000 31db 880df40f0000 e8ee0f0000 4801c3 ffc9 75ee");
        machine.code(BtMachine.CODE + 0x1000, HexFormat.of().parseHex("b800000000c3"));
        machine.cpu.rip = BtMachine.CODE;
        machine.run(true);
        assertEquals(1275, machine.cpu.r[Gpr.RBX]);
    }

    @Test
    void whatADeviceWroteIsExecuted() {
        start("b801000000");
        machine.run(true);
        start("b802000000");
        machine.run(true);
        assertEquals(2, machine.cpu.r[Gpr.RAX]);
    }

    @Test
    void anInstructionInTwoPagesChangesWithTheSecond() {
        // mov ecx,100; xor ebx,ebx; L: mov [0x11000],cl; mov eax,0; add rbx,rax; dec ecx; jnz L
        start("b964000000 31db 880c2500100100 b800000000 4801c3 ffc9 75ed", BtMachine.CODE + 0x1000 - 15);
        machine.run(true);
        assertEquals(5050, machine.cpu.r[Gpr.RBX]);
    }

    @Test
    void anInstructionInTwoPagesFollowsTheSecondsMapping() {
        long second = BtMachine.CODE + 0x1000;
        for (int other = 0; other < 2; other++) {
            machine.code(BtMachine.DATA + 0x1000L * other, (byte) (3 + other), (byte) 0, (byte) 0, (byte) 0);
        }
        // nop; mov eax, with its operand in the next page
        start("90 b8", second - 2);
        for (int n = 0; n < 20; n++) {
            machine.map(second, BtMachine.DATA + 0x1000L * (n & 1));
            if (n % 4 < 2) {
                machine.cpu.mmu.invalidate(second);
            } else {
                machine.cpu.mmu.flushAll();
            }
            for (int time = 0; time < 3; time++) {
                machine.cpu.rip = second - 2;
                machine.cpu.r[Gpr.RAX] = 0;
                machine.run(true);
                assertEquals(3 + (n & 1), machine.cpu.r[Gpr.RAX]);
            }
        }
        assertTrue(machine.translation.counters().interpreted < 100, "most of it was translated");
        machine.map(second, BtMachine.DATA, 0);
        machine.cpu.mmu.invalidate(second);
        machine.cpu.rip = second - 2;
        machine.run(true);
        assertEquals(14, machine.vector);
        assertEquals(second, machine.cpu.cr2);
        assertEquals(second - 1, machine.cpu.rip);
    }

    @Test
    void aKickEndsAnEndlessLoop() throws InterruptedException {
        start("ebfe");
        assertEquals(Stop.KICKED, kicked());
        assertEquals(BtMachine.CODE, machine.cpu.rip);
    }

    @Test
    void aKickEndsEndlessCallsAndReturns() throws InterruptedException {
        // L: call 0x11000; add rsp,0 ; call again by a return: 0x11000: pop rax; sub rax,5; push rax; ret
        start("e8fb0f0000");
        machine.code(BtMachine.CODE + 0x1000, HexFormat.of().parseHex("584883e80550c3"));
        machine.cpu.rip = BtMachine.CODE;
        assertEquals(Stop.KICKED, kicked());
    }

    private Stop kicked() throws InterruptedException {
        Thread kicker = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            machine.cpu.raise(Cpu.KICK);
        });
        Stop stop = machine.run(true);
        kicker.join();
        return stop;
    }

    private void start(String hex) {
        start(hex, BtMachine.CODE);
    }

    private void start(String hex, long rip) {
        machine.code(rip, HexFormat.of().parseHex(hex.replace(" ", "")));
        machine.cpu.rip = rip;
        machine.cpu.r[Gpr.RSP] = BtMachine.STACK + 0x800;
        machine.cpu.setFlags(Bits.IF | 2);
    }
}
