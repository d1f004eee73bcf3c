package dev.backplane.machine.pc.internal.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.Interrupt.Trigger;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.fake.FakePartition;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InterruptsTest {
    private static final int LEVEL = 1 << 15;

    private final Interrupts interrupts = new Interrupts();
    private final FakePartition engine = new FakePartition(interrupts);

    InterruptsTest() {
        interrupts.connect(engine);
        RegisterHandler master = interrupts.masterRegisters();
        RegisterHandler slave = interrupts.slaveRegisters();
        for (int value : new int[] {0x20, 0x04, 0x01, 0x00}) {
            if (value == 0x20) {
                master.write(0, 1, 0x11);
                slave.write(0, 1, 0x11);
            }
            master.write(1, 1, value);
            slave.write(1, 1, value == 0x20 ? 0x28 : value);
        }
    }

    private void redirect(int pin, int low) {
        RegisterHandler registers = interrupts.ioApicRegisters();
        registers.write(0, 4, 0x10 + 2 * pin);
        registers.write(0x10, 4, low);
    }

    @Test
    void anIsaLineGoesToBothControllers() throws Exception {
        redirect(4, 0x34);
        InterruptLine line = interrupts.line("com1", 4, Trigger.EDGE);
        line.pulse();
        assertEquals(List.of("fee00000:4034"), engine.messages);
        assertTrue(engine.external());
        assertEquals(0x24, interrupts.acknowledge());
        assertFalse(engine.external());
    }

    @Test
    void theTimersLineGoesToInputTwoOfTheIoApic() throws Exception {
        redirect(2, 0x30);
        redirect(0, 0x31);
        interrupts.line("timer", 0, Trigger.EDGE).pulse();
        assertEquals(List.of("fee00000:4030"), engine.messages);
        assertEquals(0x20, interrupts.acknowledge());
    }

    @Test
    void aLineFromSixteenGoesToTheIoApicAlone() throws Exception {
        redirect(20, 0x50);
        interrupts.line("disk", 20, Trigger.EDGE).pulse();
        assertEquals(List.of("fee00000:4050"), engine.messages);
        assertFalse(engine.external());
    }

    @Test
    void aSharedLineIsUpWhileAnyOwnerAssertsIt() throws Exception {
        redirect(10, LEVEL | 0x3a);
        InterruptLine first = interrupts.line("a", 10, Trigger.LEVEL);
        InterruptLine second = interrupts.line("b", 10, Trigger.LEVEL);
        interrupts.reset();
        redirect(10, LEVEL | 0x3a);
        first.set(true);
        second.set(true);
        first.set(false);
        interrupts.endOfInterrupt(0x3a);
        assertEquals(2, engine.messages.size(), "up because of the second");
        second.set(false);
        interrupts.endOfInterrupt(0x3a);
        assertEquals(2, engine.messages.size());
    }

    @Test
    void raisingALineThatIsUpDoesNothing() throws Exception {
        redirect(4, 0x34);
        InterruptLine line = interrupts.line("com1", 4, Trigger.EDGE);
        line.set(true);
        line.set(true);
        assertEquals(1, engine.messages.size());
    }

    @Test
    void anEdgeTriggeredLineHasOneOwner() throws Exception {
        interrupts.line("com1", 4, Trigger.EDGE);
        for (Trigger trigger : Trigger.values()) {
            ConfigurationException e =
                    assertThrows(ConfigurationException.class, () -> interrupts.line("com3", 4, trigger));
            assertTrue(e.getMessage().contains("com1") && e.getMessage().contains("com3"), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, 24, Integer.MAX_VALUE})
    void aLineThatTheBoardDoesNotHaveIsRefused(int number) {
        assertThrows(ConfigurationException.class, () -> interrupts.line("a", number, Trigger.EDGE));
    }

    @Test
    void resetSetsLevelTriggeredIsaLinesUpInTheEdgeLevelControlRegisters() throws Exception {
        interrupts.line("a", 5, Trigger.LEVEL);
        interrupts.line("b", 9, Trigger.LEVEL);
        interrupts.line("c", 4, Trigger.EDGE);
        interrupts.reset();
        assertEquals(0x0220, interrupts.edgeLevelRegisters().read(0, 2));
    }

    @Test
    void whatCameWhileThereWasNoEngineIsDeliveredToTheNextOne() throws Exception {
        redirect(4, 0x34);
        InterruptLine line = interrupts.line("com1", 4, Trigger.EDGE);
        interrupts.connect(null);
        line.pulse();
        FakePartition next = new FakePartition(interrupts);
        interrupts.connect(next);
        assertEquals(List.of("fee00000:4034"), next.messages);
        assertTrue(next.external());
        assertEquals(List.of(), engine.messages);
    }

    @Test
    void anEngineThatThrowsDoesNotKeepItsSuccessorFromBeingTold() throws Exception {
        InterruptLine line = interrupts.line("com1", 4, Trigger.EDGE);
        Object everybodyHolds = Thread.currentThread();
        synchronized (everybodyHolds) {
            interrupts.connect(new FakePartition(everybodyHolds));
            assertThrows(AssertionError.class, line::pulse);
        }
        FakePartition next = new FakePartition();
        interrupts.connect(next);
        assertTrue(next.external());
    }

    @Test
    void aMessageToAnEngineThatIsBeingReplacedReachesItsSuccessorToo() throws Exception {
        redirect(4, 0x34);
        InterruptLine line = interrupts.line("com1", 4, Trigger.EDGE);
        FakePartition next = new FakePartition(interrupts);
        FakePartition leaving = new FakePartition() {
            @Override
            public void message(long address, int data) {
                interrupts.connect(null);
                interrupts.connect(next);
            }
        };
        interrupts.connect(leaving);
        line.pulse();
        assertEquals(List.of("fee00000:4034"), next.messages);
    }

    @Test
    void whoAcknowledgesFindsTheLevelDownAlthoughTheOneWhoRaisedItIsStillTelling() throws Exception {
        CountDownLatch raised = new CountDownLatch(1);
        CountDownLatch mayReturn = new CountDownLatch(1);
        FakePartition slow = new FakePartition(interrupts) {
            @Override
            public void external(boolean up) {
                super.external(up);
                if (up) {
                    raised.countDown();
                    await(mayReturn);
                }
            }
        };
        interrupts.connect(slow);
        InterruptLine line = interrupts.line("com1", 4, Trigger.EDGE);
        Thread device = Thread.ofPlatform().start(line::pulse);
        await(raised);
        Thread release = Thread.ofPlatform().start(mayReturn::countDown);
        assertEquals(0x24, interrupts.acknowledge());
        assertFalse(slow.external());
        device.join();
        release.join();
    }

    @Test
    void anEngineThatHangsKeepsNobodyBeyondItsReplacement() throws Exception {
        CountDownLatch hangs = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        interrupts.connect(new FakePartition(interrupts) {
            @Override
            public void external(boolean up) {
                hangs.countDown();
                await(end);
            }
        });
        InterruptLine line = interrupts.line("com1", 4, Trigger.EDGE);
        Thread device = Thread.ofPlatform().start(line::pulse);
        await(hangs);
        Thread vcpu = Thread.ofPlatform().start(interrupts::acknowledge);
        FakePartition next = new FakePartition(interrupts);
        interrupts.connect(next);
        vcpu.join();
        interrupts.line("com2", 3, Trigger.EDGE).pulse();
        assertTrue(next.external());
        end.countDown();
        device.join();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theEngineEndsWithTheLatestLevelWhoeverChangedIt() throws Exception {
        interrupts.line("a", 10, Trigger.LEVEL);
        InterruptLine[] lines = new InterruptLine[4];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = interrupts.line("d" + i, 10, Trigger.LEVEL);
        }
        interrupts.edgeLevelRegisters().write(1, 1, 0x04);
        interrupts.masterRegisters().write(0, 1, 0x68);
        for (int round = 0; round < 50; round++) {
            boolean last = (round & 1) == 0;
            Thread[] threads = new Thread[lines.length];
            for (int i = 0; i < threads.length; i++) {
                InterruptLine line = lines[i];
                threads[i] = Thread.ofPlatform().start(() -> {
                    for (int n = 0; n < 200; n++) {
                        line.set((n & 1) == 0);
                    }
                    line.set(last);
                });
            }
            for (Thread thread : threads) {
                thread.join();
            }
            if (last) {
                assertTrue(engine.external());
                interrupts.acknowledge();
                interrupts.slaveRegisters().write(0, 1, 0x20);
                interrupts.masterRegisters().write(0, 1, 0x20);
            } else {
                interrupts.acknowledge();
                interrupts.slaveRegisters().write(0, 1, 0x20);
                interrupts.masterRegisters().write(0, 1, 0x20);
                assertFalse(engine.external());
            }
        }
    }
}
