function ConvertTo-CanonicalText {
    <#
    .SYNOPSIS
    Joins texts so that two different sequences never give the same text.
    .PARAMETER Part
    The texts; a missing one differs from an empty one.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [AllowEmptyCollection()] [AllowNull()] [object[]] $Part)
    $texts = foreach ($one in $Part) {
        if ($null -eq $one) { '-' }
        else {
            $text = [string] $one
            "$($text.Length):$text"
        }
    }
    @($texts) -join ','
}

function Get-TextHash {
    <#
    .SYNOPSIS
    Gives the SHA-256 of a text's UTF-8 bytes, or of given bytes, in lower-case hexadecimal.
    .PARAMETER Text
    The text.
    .PARAMETER Bytes
    The bytes, in the text's place.
    #>
    [CmdletBinding(DefaultParameterSetName = 'Text')]
    param(
        [Parameter(Mandatory, ParameterSetName = 'Text')] [AllowEmptyString()] [string] $Text,
        [Parameter(Mandatory, ParameterSetName = 'Bytes')] [AllowEmptyCollection()] [byte[]] $Bytes
    )
    if ($PSCmdlet.ParameterSetName -eq 'Text') { $Bytes = [Text.Encoding]::UTF8.GetBytes($Text) }
    $algorithm = [Security.Cryptography.SHA256]::Create()
    try {
        [BitConverter]::ToString($algorithm.ComputeHash($Bytes)).Replace('-', '').ToLowerInvariant()
    }
    finally {
        $algorithm.Dispose()
    }
}

function ConvertTo-OriginText {
    <#
    .SYNOPSIS
    Gives a text for each thing that RSoP said, in an order that does not depend on WMI's.
    .PARAMETER Rsop
    What Get-PolicyOrigin gave, or null.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [AllowNull()] [object] $Rsop)
    if ($null -eq $Rsop) { return 'none' }
    [string[]] $texts = @(foreach ($row in @($Rsop.settings) + @($Rsop.objects)) { ConvertTo-CanonicalText -Part @($row.Values) })
    [Array]::Sort($texts, [StringComparer]::Ordinal)
    $texts
}

function Get-Fingerprint {
    <#
    .SYNOPSIS
    Hashes an observation, one hash for each part that a plan may depend on.
    .PARAMETER Observation
    What Get-HostObservation read.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [System.Collections.IDictionary] $Observation)
    $roles = @(foreach ($role in $Observation.client, $Observation.service) {
            $role.configured
            $role.value
            $role.source
        }) + $Observation.encryptionOracle + $Observation.winrm.status + $Observation.winrm.startType
    # What live and local policy do not show decides as much: by whom a value is, and whether the next pass empties a
    # list. RSoP is beside the archive because it can change alone: the archive may not keep an instruction to empty a
    # list, and another policy object may come to set the very same values.
    $live = @(foreach ($list in $Observation.live) {
            $list.policy
            $list.switch
            $list.concatenate
            $list.values.Count
            foreach ($value in $list.values) {
                $value.name
                $value.kind
                $value.data
            }
        }) + $Observation.archive + @(ConvertTo-OriginText -Rsop $Observation.rsop)
    $local = @(
        $Observation.registryPol
        $Observation.gptIni
        $Observation.localPolicyDisabled
    ) + $Observation.editors
    [ordered]@{
        roles  = Get-TextHash -Text (ConvertTo-CanonicalText -Part $roles)
        live   = Get-TextHash -Text (ConvertTo-CanonicalText -Part $live)
        local  = Get-TextHash -Text (ConvertTo-CanonicalText -Part $local)
        ledger = Get-TextHash -Text (ConvertTo-CanonicalText -Part @(, $Observation.ledger))
    }
}
