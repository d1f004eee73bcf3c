package dev.backplane.kernel.internal.journal;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.machine.Board;
import dev.backplane.api.machine.StatefulBoard;
import dev.backplane.kernel.internal.memory.GuestRam;
import dev.backplane.kernel.internal.memory.RamHash;
import dev.backplane.kernel.internal.state.StateCodec;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/** What two runs of a machine are compared by. Asked for while no vCPU runs. */
public final class StateHash {
    private static final String WRITER = "dev.backplane.kernel";

    private final int vcpus;
    private final Board board;
    private final RamHash ram;
    private final StateCodec vcpuCodec = new StateCodec(PartitionState.class, WRITER);

    /**
     * For a machine.
     *
     * @param vcpus how many it has
     * @param board its board, whose state is part of the hash where it shows it
     * @param memory its memory
     */
    public StateHash(int vcpus, Board board, GuestRam memory) {
        this.vcpus = vcpus;
        this.board = board;
        this.ram = new RamHash(memory);
    }

    /**
     * The hash of time, vCPUs, memory and board.
     *
     * @param engine the vCPUs
     * @param instructions executed so far
     * @param nanos the guest's time
     * @return 32 bytes
     */
    public byte[] of(Partition engine, long instructions, long nanos) {
        MessageDigest digest = sha256();
        ByteBuffer numbers = ByteBuffer.allocate(3 * Long.BYTES)
                .putLong(instructions)
                .putLong(nanos)
                .putLong(ram.update());
        engine.protectPages();
        digest.update(numbers.flip());
        List<VcpuState> states = new ArrayList<>();
        for (int i = 0; i < vcpus; i++) {
            states.add(engine.state(i));
        }
        digest.update(vcpuCodec.encode(new PartitionState(states)).cbor());
        if (board instanceof StatefulBoard stateful) {
            Record state = stateful.save();
            digest.update(new StateCodec(state.getClass(), WRITER).encode(state).cbor());
        }
        return digest.digest();
    }

    /**
     * The hash of everything, devices included.
     *
     * @param rest as {@link #of} gave it
     * @param devices their states, encoded, in the order of the VM file
     * @return 32 bytes
     */
    public static byte[] with(byte[] rest, List<byte[]> devices) {
        MessageDigest digest = sha256();
        digest.update(rest);
        devices.forEach(digest::update);
        return digest.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
