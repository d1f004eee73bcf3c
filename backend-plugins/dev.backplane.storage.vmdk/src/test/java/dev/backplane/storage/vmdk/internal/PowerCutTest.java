package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.CheckableFormat;
import dev.backplane.api.storage.image.ImageTarget;
import dev.backplane.image.UnchangedStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

class PowerCutTest extends PowerCutContract<VmdkOptions, VmdkState> {
    private static final StorageRef IMAGE = new StorageRef("cut.vmdk");
    private static final StorageRef PARENT = new StorageRef("parent.vmdk");
    private static final int CAPACITY = 2_000_384;

    @TempDir
    Path folder = Path.of("");

    private @Nullable UnchangedStorage parent;

    @Override
    protected StorageOpener<VmdkOptions, VmdkState> opener() {
        return new OverParent(parent);
    }

    /** The format, where one reference leads to a parent that no cut touches. */
    private record OverParent(@Nullable UnchangedStorage parent)
            implements StorageOpener<VmdkOptions, VmdkState>, CheckableFormat<VmdkOptions> {
        private StorageContext with(StorageContext files) {
            return (StorageContext) Proxy.newProxyInstance(
                    StorageContext.class.getClassLoader(),
                    new Class<?>[] {StorageContext.class},
                    (proxy, method, given) -> method.getName().equals("storage") && PARENT.equals(given[0])
                            ? parent
                            : method.invoke(files, given));
        }

        @Override
        public StorageLayer<VmdkState> open(VmdkOptions options, StorageContext context)
                throws ConfigurationException, StorageException {
            return new VmdkFormat().open(options, with(context));
        }

        @Override
        public StorageLayer<VmdkState> restore(VmdkOptions options, StorageContext context, VmdkState state)
                throws ConfigurationException, StorageException {
            return open(options, context);
        }

        @Override
        public CheckReport check(VmdkOptions options, StorageContext context, CheckMode mode)
                throws ConfigurationException, StorageException {
            return new VmdkFormat().check(options, with(context), mode);
        }
    }

    /** An image that keeps what it has for the whole test, and its file beside those that are cut. */
    private byte[] makeParent(Random random) throws Exception {
        TestMachine machine = new TestMachine();
        new VmdkFormat()
                .create(
                        new VmdkCreation("monolithicSparse", "ide"),
                        new TestImageTarget(machine, PARENT, PARENT.bay(), CAPACITY));
        var layer = StorageBench.plug(new VmdkFormat(), new VmdkOptions(PARENT, List.of()), machine)
                .layer();
        byte[] contents = new byte[CAPACITY];
        random.nextBytes(contents);
        Arrays.fill(contents, CAPACITY / 4, CAPACITY / 2, (byte) 0);
        layer.write(0, MemorySegment.ofArray(contents).asSlice(0, CAPACITY / 4));
        layer.write(CAPACITY / 2, MemorySegment.ofArray(contents).asSlice(CAPACITY / 2));
        layer.flush();
        parent = new UnchangedStorage(layer);
        Files.write(
                folder.resolve(PARENT.bay()), machine.storage(PARENT).bytes().toArray(ValueLayout.JAVA_BYTE));
        return contents;
    }

    @Override
    protected Start<VmdkOptions> start(Random random) throws Exception {
        TestMachine machine = new TestMachine();
        String subformat = random.nextInt(3) == 0 ? "twoGbMaxExtentSparse" : "monolithicSparse";
        TestImageTarget target = new TestImageTarget(machine, IMAGE, IMAGE.bay(), CAPACITY);
        boolean isDelta = random.nextBoolean();
        byte[] contents = isDelta ? makeParent(random) : new byte[CAPACITY];
        ImageTarget place = target;
        UnchangedStorage below = parent;
        if (isDelta && below != null) {
            place = new OnParent(target, new BackingImage(PARENT.bay(), "vmdk", below.below(), below.below()));
        }
        new VmdkFormat().create(new VmdkCreation(subformat, "ide"), place);
        Map<StorageRef, byte[]> files = new LinkedHashMap<>();
        files.put(IMAGE, machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE));
        for (StorageRef extent : target.siblings()) {
            files.put(extent, machine.storage(extent).bytes().toArray(ValueLayout.JAVA_BYTE));
        }
        List<StorageRef> extents = target.siblings();
        StorageRef sparse = extents.isEmpty() ? IMAGE : extents.getFirst();
        files.computeIfPresent(sparse, (key, bytes) -> withRubbish(bytes, 1 << 20, random));
        return new Start<>(
                new VmdkOptions(IMAGE, extents, isDelta ? Optional.of(PARENT) : Optional.empty()), files, contents);
    }

    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        for (var each : left.entrySet()) {
            Files.write(folder.resolve(each.getKey().bay()), each.getValue());
        }
        Qemu.checkIntact("vmdk", folder.resolve(IMAGE.bay()), when);
    }
}
