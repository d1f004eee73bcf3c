package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** A layer like any other, over an image that qemu-img made. */
class QcowContractTest extends StorageContract<QcowOptions, QcowState> {
    private static final StorageRef IMAGE = new StorageRef("image");

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<QcowOptions, QcowState> opener() {
        return new QcowFormat();
    }

    @Override
    protected QcowOptions options(TestMachine machine) throws Exception {
        Qemu.require();
        Path made = Files.createTempFile(folder, "made", ".qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-o", "cluster_size=4096", made, "3000000");
        byte[] bytes = Files.readAllBytes(made);
        machine.storage(IMAGE).resize(bytes.length);
        machine.storage(IMAGE).write(0, MemorySegment.ofArray(bytes));
        return new QcowOptions(IMAGE, Optional.empty());
    }
}
