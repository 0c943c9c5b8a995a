"""Operations of billing."""
