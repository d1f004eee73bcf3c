package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.storage.vhdx.internal.VhdxCreation.Subformat;
import dev.backplane.testkit.image.JudgedContract;
import java.util.List;
import java.util.Map;

class JudgedTest extends JudgedContract<VhdxOptions, VhdxState> {
    /** Short blocks, so that images stay small. */
    static VhdxCreation creation(Subformat subformat) {
        return new VhdxCreation(subformat, 1 << 20, 1 << 20);
    }

    @Override
    protected String qemuFormat() {
        return "vhdx";
    }

    @Override
    protected StorageOpener<VhdxOptions, VhdxState> opener() {
        return new VhdxFormat();
    }

    @Override
    protected VhdxOptions options(List<StorageRef> parts) {
        return new VhdxOptions(IMAGE);
    }

    @Override
    protected List<String> variants() {
        return List.of(
                "block_size=1M", "block_size=2M,block_state_zero=off,log_size=2M", "block_size=1M,subformat=fixed");
    }

    @Override
    protected Map<String, Creation> creations() {
        return Map.of(
                "dynamic", target -> new VhdxFormat().create(creation(Subformat.DYNAMIC), target),
                "fixed", target -> new VhdxFormat().create(creation(Subformat.FIXED), target),
                "long blocks",
                        target -> new VhdxFormat().create(new VhdxCreation(Subformat.DYNAMIC, 0, 2 << 20), target));
    }
}
