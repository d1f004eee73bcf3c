package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.image.JudgedContract;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

class JudgedTest extends JudgedContract<VmdkOptions, VmdkState> {
    @Override
    protected String qemuFormat() {
        return "vmdk";
    }

    @Override
    protected StorageOpener<VmdkOptions, VmdkState> opener() {
        return new VmdkFormat();
    }

    @Override
    protected VmdkOptions options(List<StorageRef> parts) {
        return new VmdkOptions(IMAGE, parts);
    }

    @Override
    protected List<String> variants() {
        return List.of(
                "subformat=monolithicSparse",
                "subformat=monolithicSparse,zeroed_grain=on",
                "subformat=monolithicFlat",
                "subformat=twoGbMaxExtentSparse",
                "subformat=twoGbMaxExtentFlat");
    }

    @Override
    protected Map<String, Creation> creations() {
        Map<String, Creation> creations = new TreeMap<>();
        for (String subformat :
                List.of("monolithicSparse", "monolithicFlat", "twoGbMaxExtentSparse", "twoGbMaxExtentFlat")) {
            creations.put(
                    subformat, target -> new VmdkFormat().create(new VmdkCreation(subformat, "lsilogic"), target));
        }
        return creations;
    }

    /** As the descriptor names them. */
    @Override
    protected List<Path> parts(Path image) throws IOException {
        byte[] bytes = Files.readAllBytes(image);
        MemoryStorage storage = new MemoryStorage();
        storage.resize(bytes.length);
        try {
            storage.write(0, MemorySegment.ofArray(bytes));
            return new VmdkFormat()
                    .references(storage).stream()
                            .map(each -> image.resolveSibling(each.name()))
                            .toList();
        } catch (StorageException e) {
            throw new IOException(e);
        }
    }
}
